// What the kernel tells about a life that ended: the record of acct(2), the events of the process
// connector.
#include <fcntl.h>
#include <linux/acct.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/tasks.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

constexpr const char* kRecords = "/tmp/records";

// The records of the version that Debian's kernels write (CONFIG_BSD_PROCESS_ACCT_V3), by pid.
std::map<pid_t, acct_v3> RecordsByPid() {
  const sys::Fd file(::open(kRecords, O_RDONLY | O_CLOEXEC));
  std::map<pid_t, acct_v3> records;
  acct_v3 record{};
  while (file.Valid() && ::read(file.Get(), &record, sizeof record) == sizeof record) {
    if ((record.ac_version & 0xf) == 3) records[static_cast<pid_t>(record.ac_pid)] = record;
  }
  return records;
}

HELPER(EndWithFive) { return 5; }

PROMISE(ExitOrder, AccountIsWrittenWhenTheChildCanBeWaitedFor,
        {.says = "With accounting on, the record of a process is in the file when it can be waited "
                 "for: its pid, parent and raw status, and AFORK unless it called execve.",
         .item = "346",
         .authority = "acct(2), acct(5); kernel/acct.c acct_process(), before kernel/exit.c "
                      "exit_notify()"}) {
  if (!InOwnPidNamespace()) GTEST_SKIP() << "needs a pid namespace: accounting is switched for one";
  { const sys::Fd made(::open(kRecords, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }
  if (::acct(kRecords) != 0) {
    const int error = errno;
    (void)::unlink(kRecords);
    GTEST_SKIP() << (error == ENOSYS ? "this kernel has no process accounting"
                                     : "acct(2) is refused here: ")
                 << std::strerror(error);
  }
  const ScopedChild forked = Fork([] { return 3; });
  (void)forked.AwaitZombie();
  const ScopedChild execed = Fork([] { return ExecHelper("EndWithFive", {}); });
  (void)execed.AwaitZombie();
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_TRUE(killed.Signal(SIGTERM).Ok());
  (void)killed.AwaitZombie();
  std::map<pid_t, acct_v3> records = RecordsByPid();
  EXPECT_EQ(::acct(nullptr), 0);
  (void)::unlink(kRecords);
  const auto status_of = [&](const ScopedChild& child) {
    return static_cast<int>(records[child.Number()].ac_exitcode);
  };
  EXPECT_EQ(records.size(), 3U);
  EXPECT_EQ(status_of(forked), 3 << 8);
  EXPECT_EQ(status_of(execed), 5 << 8);
  EXPECT_EQ(status_of(killed), SIGTERM);
  EXPECT_EQ(records[forked.Number()].ac_flag & AFORK, AFORK);
  EXPECT_EQ(records[execed.Number()].ac_flag & AFORK, 0);
  EXPECT_EQ(records[killed.Number()].ac_flag & AXSIG, AXSIG);
  EXPECT_EQ(records[forked.Number()].ac_flag & AXSIG, 0);
  EXPECT_EQ(static_cast<pid_t>(records[forked.Number()].ac_ppid), ::getpid());
}

// A socket that hears the process connector. Invalid, with errno, when the kernel refuses.
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
  // Head, message and operation, one after the other.
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

// The end of one thread as the connector tells it.
struct End {
  uint32_t status = 0;
  uint32_t signal = 0;
};

// Hears until it was told the ends of all these threads, or the test's deadline passes.
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

PROMISE(RealInit, ConnectorTellsTheEndOfEveryThread,
        {.says = "The process connector tells the end of each thread once: its raw status, and its "
                 "exit signal, which is -1 for one that is no leader.",
         .item = "349",
         .authority = "Documentation/driver-api/connector.rst; drivers/connector/cn_proc.c "
                      "proc_exit_connector()",
         .kind = Kind::kLinux,
         .tags = "core init"}) {
  if (!UnderTheGuestsInit()) GTEST_SKIP() << "the connector speaks in the initial namespaces only";
  const sys::Fd socket = ListenToProcesses();
  if (!socket.Valid()) GTEST_SKIP() << "no process connector here: " << std::strerror(errno);
  const Shared<std::atomic<pid_t>> tid;
  ScopedChild child = Fork([&] {
    {
      const JoinedThread thread([&] { tid->store(OwnTid()); });
    }
    return 9;
  });
  EXPECT_EQ(child.Reap(), 9 << 8);
  std::map<pid_t, End> ends = HearEnds(socket, {child.Number(), tid->load()});
  ASSERT_EQ(ends.size(), 2U) << "not both ends were told";
  EXPECT_EQ(ends[child.Number()].status, 9U << 8);
  EXPECT_EQ(ends[child.Number()].signal, static_cast<uint32_t>(SIGCHLD));
  EXPECT_EQ(ends[tid->load()].status, 0U);
  EXPECT_EQ(ends[tid->load()].signal, static_cast<uint32_t>(-1));
}

}  // namespace
}  // namespace procmark::conformance
