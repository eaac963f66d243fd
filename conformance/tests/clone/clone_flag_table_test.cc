// SPDX-License-Identifier: MIT
// Every flag of clone(2), clone3(2) and unshare(2), alone and in pairs. One list of rules says what
// each of about 1 500 calls must answer. clone_flags_test.cc has a test for each rule, with more
// flags at once.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

enum class Call { kClone, kClone3, kUnshare };

struct Flag {
  uint64_t bit;
  const char* name;
};
constexpr Flag kFlags[] = {{CLONE_VM, "VM"},
                           {CLONE_FS, "FS"},
                           {CLONE_FILES, "FILES"},
                           {CLONE_SIGHAND, "SIGHAND"},
                           {CLONE_PIDFD, "PIDFD"},
                           {CLONE_PTRACE, "PTRACE"},
                           {CLONE_VFORK, "VFORK"},
                           {CLONE_PARENT, "PARENT"},
                           {CLONE_THREAD, "THREAD"},
                           {CLONE_NEWNS, "NEWNS"},
                           {CLONE_SYSVSEM, "SYSVSEM"},
                           {CLONE_SETTLS, "SETTLS"},
                           {CLONE_PARENT_SETTID, "PARENT_SETTID"},
                           {CLONE_CHILD_CLEARTID, "CHILD_CLEARTID"},
                           {CLONE_DETACHED, "DETACHED"},
                           {CLONE_UNTRACED, "UNTRACED"},
                           {CLONE_CHILD_SETTID, "CHILD_SETTID"},
                           {CLONE_NEWCGROUP, "NEWCGROUP"},
                           {CLONE_NEWUTS, "NEWUTS"},
                           {CLONE_NEWIPC, "NEWIPC"},
                           {CLONE_NEWUSER, "NEWUSER"},
                           {CLONE_NEWPID, "NEWPID"},
                           {CLONE_NEWNET, "NEWNET"},
                           {uint64_t{CLONE_IO} & 0xffffffff, "IO"},
                           {CLONE_NEWTIME, "NEWTIME"},
                           {kCloneClearSighand, "CLEAR_SIGHAND"},
                           {kCloneIntoCgroup, "INTO_CGROUP"},
                           {kCloneAutoreap, "AUTOREAP"},
                           {kCloneNnp, "NNP"},
                           {kClonePidfdAutokill, "PIDFD_AUTOKILL"},
                           {kCloneEmptyMntns, "EMPTY_MNTNS"}};

// Their answers depend on the kernel's configuration and on the user, so the test takes the answer
// to each flag alone as given.
constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

std::string NamesOf(uint64_t flags) {
  std::string names;
  for (const Flag& flag : kFlags) {
    if ((flags & flag.bit) != 0) names += (names.empty() ? "" : "|") + std::string(flag.name);
  }
  return names;
}

// Each flag alone, then each pair, without those that the call has no room for.
std::vector<uint64_t> Rows(Call call) {
  std::vector<uint64_t> rows;
  const uint64_t room = call == Call::kClone3  ? ~uint64_t{0}
                        : call == Call::kClone ? 0xffffff00  // the low byte holds the exit signal
                                               : 0xffffffff;
  for (const Flag& one : kFlags) {
    for (const Flag& other : kFlags) {
      const uint64_t flags = one.bit | other.bit;
      if (other.bit <= one.bit && (flags & ~room) == 0) rows.push_back(flags);
    }
  }
  std::sort(rows.begin(), rows.end(), [](uint64_t a, uint64_t b) {
    return std::pair(__builtin_popcountll(a), a) < std::pair(__builtin_popcountll(b), b);
  });
  return rows;
}

int CloneCallError(uint64_t flags) {
  int pidfd = -1;
  const int error = LegacyCloneError(static_cast<int>(flags), &pidfd);
  if (error == 0 && (flags & CLONE_PIDFD) != 0) ::close(pidfd);
  return error;
}

int Clone3CallError(uint64_t flags) {
  int pidfd = -1;
  pid_t tids[2] = {};
  CloneArguments arguments;  // without an exit signal, which some flags forbid
  arguments.flags = flags;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&tids[0]);
  arguments.child_tid = reinterpret_cast<uint64_t>(&tids[1]);
  arguments.cgroup = 240;  // not an open descriptor
  const int error = Clone3Error(arguments);
  if (pidfd >= 0) ::close(pidfd);
  return error;
}

int UnshareError(uint64_t flags) {
  return Fork([&] { return ::unshare(static_cast<int>(flags)) == 0 ? 0 : errno; }).Reap() >> 8;
}

using Answers = std::map<uint64_t, int>;

// What the kernel answers to each row; -1 where the process had ended before it asked.
Answers Ask(Call call, const std::vector<uint64_t>& rows) {
  using Page = std::array<std::atomic<int>, 600>;
  const Shared<Page> page;
  if (rows.size() > page->size()) ThrowErrno("more rows than fit", E2BIG);
  for (auto& answer : *page) answer.store(-1);
  ScopedChild asker = Fork([&] {
    // A child that shares memory dies on its inaccessible stack. It must not dump core: that would
    // also end the processes that share the memory (up to 5.15).
    (void)::prctl(PR_SET_DUMPABLE, 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      (*page)[i].store(call == Call::kClone    ? CloneCallError(rows[i])
                       : call == Call::kClone3 ? Clone3CallError(rows[i])
                                               : UnshareError(rows[i]));
    }
  });
  EXPECT_EQ(asker.Reap(), 0);
  while (Wait4(-1, __WALL).pid > 0) {  // reaps the children of CLONE_PARENT, which are the test's
  }
  Answers answers;
  for (size_t i = 0; i < rows.size(); ++i) answers[rows[i]] = (*page)[i].load();
  return answers;
}

bool Has(uint64_t flags, uint64_t all) { return (flags & all) == all; }

// What the new namespaces among the flags require: the privilege of the caller, or a user namespace
// that gives it. `alone` holds the answer to each flag by itself.
int NamespaceError(uint64_t flags, const Answers& alone) {
  const bool user = Has(flags, CLONE_NEWUSER);
  if (user && alone.at(CLONE_NEWUSER) != 0) return alone.at(CLONE_NEWUSER);
  for (const auto& [flag, error] : alone) {
    if ((flag & kNamespaces) == 0 || !Has(flags, flag) || error == 0) continue;
    if (!user || error != EPERM) return error;
  }
  return 0;
}

// The rules of clone and clone3, in the order in which the kernel checks them.
int CloneRule(Call call, uint64_t flags, const Answers& alone) {
  constexpr uint64_t kNewest = kCloneAutoreap | kCloneNnp | kClonePidfdAutokill | kCloneEmptyMntns;
  if (call == Call::kClone3) {
    if (Has(flags, CLONE_DETACHED)) return EINVAL;
    if ((flags & kNewest) != 0 && alone.at(kCloneAutoreap) != 0) return EINVAL;  // before Linux 7.1
    if (Has(flags, kClonePidfdAutokill)) return EINVAL;  // it needs two others at once
    if (Has(flags, kCloneAutoreap | CLONE_PARENT)) return EINVAL;
    if (Has(flags, kCloneEmptyMntns)) flags |= CLONE_NEWNS;
  } else if (Has(flags, CLONE_PIDFD | CLONE_PARENT_SETTID) ||
             Has(flags, CLONE_PIDFD | CLONE_DETACHED)) {
    return EINVAL;
  }
  if (Has(flags, CLONE_NEWNS | CLONE_FS) || Has(flags, CLONE_NEWUSER | CLONE_FS)) return EINVAL;
  if (Has(flags, CLONE_THREAD))
    return EINVAL;  // it needs SIGHAND, which needs VM: no pair has all three
  if (Has(flags, CLONE_SIGHAND) && !Has(flags, CLONE_VM)) return EINVAL;
  if (const int error = NamespaceError(flags, alone); error != 0) return error;
  if (Has(flags, CLONE_NEWIPC | CLONE_SYSVSEM)) return EINVAL;
  return Has(flags, kCloneIntoCgroup) ? EBADF : 0;
}

// Compares the answers of a call with the rules. The rows that differ, one per line.
template <typename Rule>
std::string WrongRows(const Answers& answers, const Rule& rule) {
  std::string wrong;
  for (const auto& [flags, answer] : answers) {
    const int expected = rule(flags);
    if (answer == expected) continue;
    wrong += "  " + NamesOf(flags) + ": expected " + std::to_string(expected) + ", observed " +
             std::to_string(answer) + "\n";
  }
  return wrong;
}

PROMISE(CloneFlagTable, CloneObeysTheTable,
        {
            .says = "clone answers to every flag, alone and in pairs, as the rules in its manual "
                    "page say.",
            .item = "115-122 139 141 143",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process(), kernel_clone()",
            .kind = Kind::kLinux,
        }) {
  const Answers answers = Ask(Call::kClone, Rows(Call::kClone));
  EXPECT_GE(answers.size(), 300U);
  EXPECT_EQ(
      WrongRows(answers, [&](uint64_t flags) { return CloneRule(Call::kClone, flags, answers); }),
      "");
}

PROMISE(CloneFlagTable, Clone3ObeysTheTable,
        {
            .says = "clone3 answers to every flag, alone and in pairs, as the rules in its manual "
                    "page say.",
            .item = "115-121 126 128 133 137 138 139 143",
            .authority = "clone(2) ERRORS; kernel/fork.c clone3_args_valid(), copy_process()",
            .since = "5.7",
            .kind = Kind::kLinux,
        }) {
  const Answers answers = Ask(Call::kClone3, Rows(Call::kClone3));
  EXPECT_GE(answers.size(), 490U);
  EXPECT_EQ(
      WrongRows(answers, [&](uint64_t flags) { return CloneRule(Call::kClone3, flags, answers); }),
      "");
}

constexpr uint64_t kUnshareEmptyMounts = CLONE_PARENT_SETTID;  // the same bit, Linux 7.1

// The rules of unshare for a process with one thread. `empty_mounts` says whether the kernel has
// UNSHARE_EMPTY_MNTNS.
int UnshareRule(uint64_t flags, const Answers& alone, bool empty_mounts) {
  constexpr uint64_t kOfThreads = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  constexpr uint64_t kOthers = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_NEWUSER;
  if (empty_mounts && Has(flags, kUnshareEmptyMounts)) {
    flags = (flags & ~kUnshareEmptyMounts) | CLONE_NEWNS;
  }
  if ((flags & ~(kOfThreads | kOthers | kNamespaces)) != 0) return EINVAL;
  return NamespaceError(flags, alone);
}

PROMISE(CloneFlagTable, UnshareObeysTheTable,
        {
            .says = "unshare answers to every flag, alone and in pairs, as the rules in its manual "
                    "page say.",
            .item = "142",
            .authority = "unshare(2) ERRORS; kernel/fork.c check_unshare_flags()",
            .kind = Kind::kLinux,
        }) {
  const Answers answers = Ask(Call::kUnshare, Rows(Call::kUnshare));
  EXPECT_GE(answers.size(), 320U);
  const bool empty_mounts =
      Clone3FlagsError(kCloneAutoreap, 0) == 0;  // they all came with Linux 7.1
  EXPECT_EQ(
      WrongRows(answers, [&](uint64_t flags) { return UnshareRule(flags, answers, empty_mounts); }),
      "");
}

}  // namespace
}  // namespace procmark::conformance
