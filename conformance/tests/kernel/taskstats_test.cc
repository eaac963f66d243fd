// SPDX-License-Identifier: MIT
// taskstats: the last record about a task, by generic netlink.
#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// One netlink attribute: its type and its content.
struct Attribute {
  uint16_t type = 0;
  std::string bytes;
};

std::vector<Attribute> AttributesOf(const std::string& bytes) {
  std::vector<Attribute> attributes;
  for (size_t at = 0; at + NLA_HDRLEN <= bytes.size();) {
    nlattr head{};
    std::memcpy(&head, bytes.data() + at, sizeof head);
    if (head.nla_len < NLA_HDRLEN || at + head.nla_len > bytes.size()) break;
    attributes.push_back({static_cast<uint16_t>(head.nla_type & NLA_TYPE_MASK),
                          bytes.substr(at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN)});
    at += NLA_ALIGN(head.nla_len);
  }
  return attributes;
}

// The content of the first attribute of that type; "" when there is none.
std::string Held(const std::string& bytes, uint16_t type) {
  for (const Attribute& attribute : AttributesOf(bytes)) {
    if (attribute.type == type) return attribute.bytes;
  }
  return {};
}

template <typename T>
T As(const std::string& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

// A socket of generic netlink.
class Netlink {
 public:
  Netlink() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)) {}

  // Sends one command with one attribute, whose text ends with a zero. False, with errno set, on
  // failure.
  bool Send(uint16_t family, uint8_t command, uint16_t type, const std::string& text) {
    const size_t value_size = text.size() + 1;
    const size_t size = NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + NLA_ALIGN(value_size);
    std::string bytes(size, '\0');
    nlmsghdr head{};
    head.nlmsg_len = static_cast<uint32_t>(size);
    head.nlmsg_type = family;
    head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    const genlmsghdr general{command, 1, 0};
    const nlattr attribute{static_cast<uint16_t>(NLA_HDRLEN + value_size), type};
    std::memcpy(bytes.data(), &head, sizeof head);
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &general, sizeof general);
    std::memcpy(bytes.data() + NLMSG_HDRLEN + GENL_HDRLEN, &attribute, sizeof attribute);
    std::memcpy(bytes.data() + size - NLA_ALIGN(value_size), text.data(), text.size());
    return ::send(socket_.Get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(size);
  }

  // The next message that is there: its type, and the bytes after the generic header, or the error
  // in the answer to a command (0 for none). Does not block: the kernel answers a command before
  // send(2) returns, and sends a task's record before the task can be waited for.
  bool Receive(uint16_t* type, std::string* rest) {
    if (pending_.empty()) {
      std::array<char, 16384> buffer{};
      const ssize_t got = ::recv(socket_.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return false;
      pending_.assign(buffer.data(), static_cast<size_t>(got));
    }
    const nlmsghdr head = As<nlmsghdr>(pending_);
    const size_t size = std::min<size_t>(pending_.size(), NLMSG_ALIGN(head.nlmsg_len));
    if (size < NLMSG_HDRLEN) return false;
    *type = head.nlmsg_type;
    const size_t skipped =
        head.nlmsg_type == NLMSG_ERROR ? NLMSG_HDRLEN : NLMSG_HDRLEN + GENL_HDRLEN;
    *rest = size > skipped ? pending_.substr(skipped, size - skipped) : "";
    pending_.erase(0, size);
    return true;
  }

  // The answer to the last command: 0, or an errno; -1 when there is none.
  int Acknowledged() {
    uint16_t type = 0;
    std::string rest;
    while (Receive(&type, &rest)) {
      if (type == NLMSG_ERROR) return -As<int32_t>(rest);
    }
    return -1;
  }

 private:
  sys::Fd socket_;
  std::string pending_;
};

// The number of the family "TASKSTATS"; 0 when this kernel does not have it.
uint16_t TaskstatsFamily(Netlink& netlink) {
  if (!netlink.Send(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME)) {
    return 0;
  }
  uint16_t type = 0;
  uint16_t family = 0;
  std::string rest;
  while (netlink.Receive(&type, &rest) && type != NLMSG_ERROR) {
    family = As<uint16_t>(Held(rest, CTRL_ATTR_FAMILY_ID));
  }
  return family;
}

// The records about the ends of threads, and the count of those about the group.
struct Told {
  std::map<pid_t, std::vector<taskstats>> threads;
  int groups = 0;
};
Told HearEnds(Netlink& netlink, uint16_t family, const std::set<pid_t>& threads, pid_t group) {
  Told told;
  uint16_t type = 0;
  std::string rest;
  while (netlink.Receive(&type, &rest)) {
    if (type != family) continue;
    for (const Attribute& outer : AttributesOf(rest)) {
      if (outer.type == TASKSTATS_TYPE_AGGR_PID) {
        const pid_t pid = As<pid_t>(Held(outer.bytes, TASKSTATS_TYPE_PID));
        if (!threads.contains(pid)) continue;
        told.threads[pid].push_back(As<taskstats>(Held(outer.bytes, TASKSTATS_TYPE_STATS)));
      } else if (outer.type == TASKSTATS_TYPE_AGGR_TGID) {
        if (As<pid_t>(Held(outer.bytes, TASKSTATS_TYPE_TGID)) == group) ++told.groups;
      }
    }
  }
  return told;
}

PROMISE(Taskstats, ReportTheEndOfEveryThread,
        {
            .says = "A listener of taskstats gets one record for each thread that ends, with the "
                    "raw status for the leader, and one for the group when its last thread has "
                    "ended.",
            .item = "349",
            .authority = "Documentation/accounting/taskstats.rst; kernel/taskstats.c "
                         "taskstats_exit()",
            .kind = Kind::kLinux,
            .tags = "core init",
        }) {
  if (!UnderTheGuestsInit()) GTEST_SKIP() << "taskstats reports only to the initial namespaces";
  Netlink netlink;
  const uint16_t family = TaskstatsFamily(netlink);
  if (family == 0) GTEST_SKIP() << "this kernel has no taskstats";
  const std::string cpus = TextOf("/sys/devices/system/cpu/possible");
  ASSERT_TRUE(netlink.Send(family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK,
                           cpus.substr(0, cpus.find('\n'))));
  const int refused = netlink.Acknowledged();
  if (refused == EPERM) GTEST_SKIP() << "taskstats needs CAP_NET_ADMIN";
  ASSERT_ERRNO(refused, 0);
  const Shared<std::atomic<pid_t>> tid;
  ScopedChild child = Fork([&] {
    {
      const JoinedThread thread([&] { tid->store(OwnTid()); });
    }
    return 9;
  });
  EXPECT_EQ(child.Reap(), 9 << 8);
  Told told = HearEnds(netlink, family, {child.Number(), tid->load()}, child.Number());
  ASSERT_EQ(told.threads[child.Number()].size(), 1U);
  ASSERT_EQ(told.threads[tid->load()].size(), 1U);
  EXPECT_EQ(told.threads[child.Number()][0].ac_exitcode, 9U << 8);
  EXPECT_EQ(told.threads[tid->load()][0].ac_exitcode, 0U);
  EXPECT_EQ(static_cast<pid_t>(told.threads[child.Number()][0].ac_ppid), ::getpid());
  EXPECT_EQ(told.groups, 1);
}

}  // namespace
}  // namespace procmark::conformance
