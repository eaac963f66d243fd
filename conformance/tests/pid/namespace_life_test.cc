// Namespaces and security bits over a life: what a child is born with, and what its end gives back.
#include <dirent.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// Name and identity of each link in /proc/PID/ns.
std::map<std::string, std::string> NamespacesOf(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns";
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  std::map<std::string, std::string> spaces;
  while (folder != nullptr) {
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    char target[64] = "";
    if (entry->d_name[0] == '.') continue;
    (void)::readlink((path + "/" + entry->d_name).c_str(), target, sizeof target - 1);
    spaces[entry->d_name] = target;
  }
  return spaces;
}

PROMISE(Fork, EveryNamespaceIsShared,
        {.says = "A forked child is in every namespace of its parent; one cloned with CLONE_NEWUTS "
                 "in all but that.",
         .item = "364 56",
         .authority = "namespaces(7)"}) {
  const std::map<std::string, std::string> own = NamespacesOf(::getpid());
  EXPECT_GE(own.size(), 7U);
  const Handshake end;
  ScopedChild copy = Fork([&] { return end.Await() ? 0 : 1; });
  EXPECT_EQ(NamespacesOf(copy.Number()), own);
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.flags = CLONE_NEWUTS;
  const pid_t pid = RawClone3(arguments);
  if (pid == 0) ::_exit(end.Await() ? 0 : 1);
  if (pid > 0) {
    std::map<std::string, std::string> other = NamespacesOf(pid);
    EXPECT_NE(other["uts"], own.at("uts"));
    other["uts"] = own.at("uts");
    EXPECT_EQ(other, own);
    end.Notify();
  } else {
    EXPECT_EQ(errno, EPERM);
  }
  end.Notify();
  if (pid > 0) EXPECT_EQ(Wait4(pid, 0).status, 0);
  EXPECT_EQ(copy.Reap(), 0);
}

HELPER(ReportSecureBits) { return ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0); }

PROMISE(Fork, SecureBitsAreCopied,
        {.says = "The securebits of a process hold in its child and over an execve, which clears "
                 "only SECBIT_KEEP_CAPS.",
         .item = "364 56",
         .authority = "capabilities(7) (The securebits flags)"}) {
  constexpr int kBits = SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS;
  const int before = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (::prctl(PR_SET_SECUREBITS, before | kBits, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this user may not set securebits, errno " << errno;
  }
  EXPECT_EQ(before & kBits, 0) << "the decoy: not set before";
  EXPECT_EQ(Fork([] { return ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0); }).Reap(), (before | kBits)
                                                                                    << 8);
  EXPECT_EQ(Fork([] { return ExecHelper("ReportSecureBits", {}); }).Reap(),
            (before | SECBIT_NO_SETUID_FIXUP) << 8);
}

// errno of making a uts namespace and leaving it at once.
int MakeUtsError() {
  return Fork([] { return ::unshare(CLONE_NEWUTS) == 0 ? 0 : errno; }).Reap() >> 8;
}

// In a user namespace that may have one uts namespace: who holds it, and when it is free again. The
// number of the step that failed.
int CountOwnUts() {
  if (::unshare(CLONE_NEWUSER) != 0) return 90;
  if (WriteText("/proc/sys/user/max_uts_namespaces", "1") != 0) return 1;
  if (MakeUtsError() != 0) return 2;
  const Handshake made;
  const Handshake end;
  ScopedChild member = Fork([&] {
    if (::unshare(CLONE_NEWUTS) != 0) return 1;
    made.Notify();
    return end.Await() ? 0 : 1;
  });
  if (!made.Await()) return 3;
  if (MakeUtsError() != ENOSPC) return 4;
  const std::string path = "/proc/" + std::to_string(member.Number()) + "/ns/uts";
  sys::Fd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!held.Valid()) return 5;
  end.Notify();
  if (member.Reap() != 0) return 6;
  if (MakeUtsError() != ENOSPC) return 7;  // the descriptor holds it
  held.Close();
  int error = ENOSPC;
  while (error == ENOSPC && !TestDeadline().Expired()) error = MakeUtsError();
  return error == 0 ? 0 : 8;
}

PROMISE(ExitOrder, NamespaceIsCountedUntilNobodyHoldsIt,
        {.says = "With max_uts_namespaces at 1 a second one is ENOSPC while a member lives or a "
                 "descriptor holds the first; then it can be made.",
         .item = "348",
         .authority = "namespaces(7) (The /proc/sys/user directory); kernel/ucount.c",
         .since = "4.9"}) {
  const int status = Fork(CountOwnUts).Reap() >> 8;
  if (status == 90) GTEST_SKIP() << "this user may not make user namespaces here";
  EXPECT_EQ(status, 0) << "1 to 8: the step that failed, see the source";
}

}  // namespace
}  // namespace procmark::conformance
