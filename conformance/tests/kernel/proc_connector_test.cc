// SPDX-License-Identifier: MIT
// The process connector: events about the end of tasks, by netlink.
#include <gtest/gtest.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>

#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// A socket that receives the events of the process connector. Invalid, with errno set, when the
// kernel refuses.
sys::Fd ListenToProcesses() {
  sys::Fd socket(
      ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (!socket.Valid()) return socket;
  if (::bind(socket.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  // The message: netlink header, connector header, operation.
  alignas(NLMSG_ALIGNTO) std::array<char, NLMSG_HDRLEN + sizeof(cn_msg) + sizeof(uint32_t)> bytes{};
  nlmsghdr head{};
  head.nlmsg_len = bytes.size();
  head.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id = {CN_IDX_PROC, CN_VAL_PROC};
  message.len = sizeof(uint32_t);
  const uint32_t listen = PROC_CN_MCAST_LISTEN;
  std::memcpy(bytes.data(), &head, sizeof head);
  std::memcpy(bytes.data() + NLMSG_HDRLEN, &message, sizeof message);
  std::memcpy(bytes.data() + NLMSG_HDRLEN + sizeof message, &listen, sizeof listen);
  const ssize_t sent = ::send(socket.Get(), bytes.data(), bytes.size(), 0);
  if (sent != static_cast<ssize_t>(bytes.size())) return {};
  return socket;
}

// The end of one thread as the connector reports it.
struct End {
  uint32_t status = 0;
  uint32_t signal = 0;
};

// Receives until the ends of all these threads were reported, or the test's deadline passes.
std::map<pid_t, End> HearEnds(const sys::Fd& socket, const std::set<pid_t>& wanted) {
  std::map<pid_t, End> ends;
  const sys::Deadline deadline = TestDeadline();
  while (ends.size() < wanted.size()) {
    pollfd ready{socket.Get(), POLLIN, 0};
    if (::poll(&ready, 1, deadline.PollTimeoutMs()) <= 0) break;
    alignas(NLMSG_ALIGNTO) char bytes[4096];
    const ssize_t got = ::recv(socket.Get(), bytes, sizeof bytes, 0);
    if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(cn_msg)))) continue;
    proc_event event{};
    std::memcpy(&event, bytes + NLMSG_HDRLEN + sizeof(cn_msg), sizeof event);
    if (static_cast<unsigned>(event.what) != 0x80000000U) continue;  // PROC_EVENT_EXIT
    const auto& exit = event.event_data.exit;
    if (wanted.contains(exit.process_pid)) {
      ends[exit.process_pid] = {exit.exit_code, exit.exit_signal};
    }
  }
  return ends;
}

PROMISE(ProcConnector, ReportsTheEndOfEveryThread,
        {
            .says = "The process connector reports the end of each thread once, with its raw "
                    "status and its exit signal, which is -1 for a thread that is not the leader.",
            .item = "349",
            .authority = "Documentation/driver-api/connector.rst; drivers/connector/cn_proc.c "
                         "proc_exit_connector()",
            .kind = Kind::kLinux,
            .tags = "core init",
        }) {
  if (!UnderTheGuestsInit()) GTEST_SKIP() << "the connector reports only to the initial namespaces";
  const sys::Fd socket = ListenToProcesses();
  if (!socket.Valid())
    GTEST_SKIP() << "this kernel or this user has no process connector: " << ErrnoText(errno);
  const Shared<std::atomic<pid_t>> tid;
  ScopedChild child = Fork([&] {
    {
      const JoinedThread thread([&] { tid->store(OwnTid()); });
    }
    return 9;
  });
  EXPECT_EQ(child.Reap(), 9 << 8);
  std::map<pid_t, End> ends = HearEnds(socket, {child.Number(), tid->load()});
  ASSERT_EQ(ends.size(), 2U) << "the connector did not report both ends";
  EXPECT_EQ(ends[child.Number()].status, 9U << 8);
  EXPECT_EQ(ends[child.Number()].signal, static_cast<uint32_t>(SIGCHLD));
  EXPECT_EQ(ends[tid->load()].status, 0U);
  EXPECT_EQ(ends[tid->load()].signal, static_cast<uint32_t>(-1));
}

}  // namespace
}  // namespace procmark::conformance
