// clone3(2) with each flag alone: what sharing a part, or a new namespace, costs a child.
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr uint64_t kNewTime = 0x80;                 // CLONE_NEWTIME, Linux 5.6
constexpr uint64_t kClearSighand = 0x100000000ULL;  // CLONE_CLEAR_SIGHAND, Linux 5.5
constexpr uint64_t kIntoCgroup = 0x200000000ULL;    // CLONE_INTO_CGROUP, Linux 5.7

// The arguments are filled in before the timed region begins. Where the identifiers are stored
// (CLONE_PARENT_SETTID, CLONE_CHILD_SETTID) is the stack.
template <uint64_t kFlags>
struct Clone3With {
  explicit Clone3With(const Context& context) {
    arguments.flags = kFlags;
    arguments.exit_signal = SIGCHLD;
    arguments.parent_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.child_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.tls = reinterpret_cast<uintptr_t>(&tid);
    if constexpr (kFlags == kIntoCgroup) arguments.cgroup = context.area_bytes;
    if constexpr (kFlags == CLONE_SIGHAND) arguments.flags |= CLONE_VM | CLONE_VFORK;
  }
  Clone3With(const Clone3With&) = delete;
  Clone3With& operator=(const Clone3With&) = delete;
  [[gnu::always_inline]] long operator()() {
    return RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
  }
  int tid = 0;
  clone_args arguments{};
};

// Asks for one and skips when the kernel gives none: not permitted, not configured, not that new.
template <uint64_t kFlags>
void NeedFlags(Context& context) {
  context.status = -1;
  Clone3With<kFlags> create(context);
  const long pid = create();
  if (pid == 0) ExitChild();
  if (pid < 0) context.Skip("the kernel does not give a child with this flag", -pid);
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  context.CheckChild(pid, reaped);
}

// The root of a cgroup v2 hierarchy, by its descriptor.
void NeedCgroup(Context& context) {
  constexpr long kMagic = 0x63677270;  // CGROUP2_SUPER_MAGIC
  const char* const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  for (const char* root : roots) {
    const long fd = RawSyscall(__NR_openat, AT_FDCWD, RawArg(root), O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) continue;
    long answer[32] = {};  // struct statfs or statfs64, whose first word is f_type
#if defined(__arm__)
    constexpr long kSize = 88;
    RawSyscall(__NR_fstatfs64, fd, kSize, RawArg(answer));
#else
    RawSyscall(__NR_fstatfs, fd, RawArg(answer));
#endif
#if defined(__s390x__)
    const long type = static_cast<long>(*reinterpret_cast<const uint32_t*>(answer));
#else
    const long type = answer[0];
#endif
    if (type == kMagic) {
      context.area_bytes = static_cast<unsigned long>(fd);
      NeedFlags<kIntoCgroup>(context);
      return;
    }
    RawSyscall(__NR_close, fd);
  }
  context.Skip("no cgroup v2 hierarchy is mounted");
}

// A child that shares its parent's memory and runs beside it needs a stack of its own.
void NeedStack(Context& context) {
  context.area_bytes = 64 * 1024;
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
}

void ExitEntry(void*) { ExitChild(); }

struct CloneVm {
  explicit CloneVm(const Context& context)
      : top(static_cast<char*>(context.area) + context.area_bytes) {}
  [[gnu::always_inline]] long operator()() const {
    return sys::RawCloneOnStack(CLONE_VM | SIGCHLD, top, nullptr, nullptr, ExitEntry, nullptr);
  }
  char* top;
};

// A chosen process number (set_tid): one that was free a moment ago, in this namespace.
struct Clone3SetTid {
  explicit Clone3SetTid(const Context& context) : tid(static_cast<int>(context.area_bytes)) {
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.set_tid_size = 1;
  }
  Clone3SetTid(const Clone3SetTid&) = delete;
  Clone3SetTid& operator=(const Clone3SetTid&) = delete;
  [[gnu::always_inline]] long operator()() {
    return RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
  }
  int tid;
  clone_args arguments{};
};

// In a pid namespace of its own, so that nobody else takes the number.
void NeedNumber(Context& context) {
  Shape shape{};
  shape.namespaces = 1;
  TakeShape(context, shape);
  constexpr unsigned long kNumber = 300;
  context.area_bytes = kNumber;
  context.status = -1;
  Clone3SetTid create(context);
  const long pid = create();
  if (pid == 0) ExitChild();
  if (pid < 0) context.Skip("a process number cannot be chosen (set_tid, Linux 5.5)", -pid);
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  context.CheckChild(pid, reaped);
}

// A sibling in place of a child: the caller's parent will reap it, so a pidfd tells of its end.
struct PollEntry {  // struct pollfd (poll(2))
  int fd;
  short events;
  short returned;
};

int64_t CloneSibling(Context& context) {
  constexpr short kReadable = 1;  // POLLIN
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PARENT | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  const int64_t start = context.Now();
  const long pid = RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
  if (pid == 0) ExitChild();
  const int64_t length = context.Length(start);
  if (pid < 0) context.Refuse("no sibling could be created: errno", -pid);
  PollEntry entry = {pidfd, kReadable, 0};
  const long ended = RawSyscall(__NR_ppoll, RawArg(&entry), 1, 0, 0, 0);
  RawSyscall(__NR_close, pidfd);
  if (ended != 1) context.Refuse("the sibling's end was not told: ppoll gave", ended);
  ++context.children;
  return length;
}

void NeedSibling(Context& context) {
  NeedFlags<CLONE_PARENT_SETTID>(context);
  // kernel/fork.c, copy_process: the sibling would be reaped by nobody of its namespace.
  if (RawSyscall(__NR_getpid) == 1) context.Skip("the first of a pid namespace has no siblings");
}

constexpr FaultRange kAny = {0, 12};

#define PROCMARK_CLONE3(flag, what, flags, prepare)                                                \
  PROCMARK_CREATION_TAGGED("clone3/flags:" flag, "clone3(2) with " what, "clone3", "clone3", kAny, \
                           prepare, Clone3With<flags>)
#define PROCMARK_FLAG(flag, what, flags) PROCMARK_CLONE3(flag, what, flags, NeedFlags<flags>)

PROCMARK_BENCHMARKS kCloneFlags[] = {
    {"clone/flags:vm/to:reaped",
     "Measures clone(2) with CLONE_VM, onto a stack used before, from the call until the child, "
     "which exits at once, is reaped by wait4(2). Not timed: the check of its status.",
     "clone", Edge::kCall, Edge::kReaped, "raw", "clone", "", 1, 1, kAny, NeedStack,
     Repeat<CreationSample<CloneVm, Edge::kCall, Edge::kReaped>>},
    PROCMARK_FLAG("files", "CLONE_FILES", CLONE_FILES),
    PROCMARK_FLAG("fs", "CLONE_FS", CLONE_FS),
    PROCMARK_FLAG("io", "CLONE_IO", CLONE_IO),
    PROCMARK_FLAG("sysvsem", "CLONE_SYSVSEM", CLONE_SYSVSEM),
    PROCMARK_FLAG("vm_vfork_sighand", "CLONE_VM|CLONE_VFORK|CLONE_SIGHAND", CLONE_SIGHAND),
    PROCMARK_FLAG("parent_settid", "CLONE_PARENT_SETTID", CLONE_PARENT_SETTID),
    PROCMARK_FLAG("child_settid", "CLONE_CHILD_SETTID", CLONE_CHILD_SETTID),
    PROCMARK_FLAG("child_cleartid", "CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID),
    PROCMARK_FLAG("settls", "CLONE_SETTLS (the child uses none)", CLONE_SETTLS),
    PROCMARK_FLAG("clear_sighand", "CLONE_CLEAR_SIGHAND", kClearSighand),
    PROCMARK_FLAG("newns", "CLONE_NEWNS (a mount namespace)", CLONE_NEWNS),
    PROCMARK_FLAG("newuts", "CLONE_NEWUTS (a UTS namespace)", CLONE_NEWUTS),
    PROCMARK_FLAG("newipc", "CLONE_NEWIPC (an IPC namespace)", CLONE_NEWIPC),
    PROCMARK_FLAG("newpid", "CLONE_NEWPID (a pid namespace)", CLONE_NEWPID),
    PROCMARK_FLAG("newnet", "CLONE_NEWNET (a network namespace)", CLONE_NEWNET),
    PROCMARK_FLAG("newuser", "CLONE_NEWUSER (a user namespace)", CLONE_NEWUSER),
    PROCMARK_FLAG("newcgroup", "CLONE_NEWCGROUP (a cgroup namespace)", CLONE_NEWCGROUP),
    PROCMARK_FLAG("newtime", "CLONE_NEWTIME (a time namespace)", kNewTime),
    PROCMARK_CLONE3("into_cgroup", "CLONE_INTO_CGROUP (the root of cgroup v2)", kIntoCgroup,
                    NeedCgroup),
    {"clone3/flags:parent/to:parent_return",
     "Measures how long clone3(2) with CLONE_PARENT|CLONE_PIDFD, whose child is its caller's "
     "sibling, keeps the caller. Not timed: the sibling's life; the caller's parent reaps it.",
     "clone3", Edge::kCall, Edge::kParentReturn, "raw", "clone3", "", 1, 1, kAny, NeedSibling,
     Repeat<CloneSibling>, "", Uncounted::kUsage},
    PROCMARK_CREATION_TAGGED("clone3/set_tid",
                             "clone3(2) with a chosen process number (set_tid) in a pid namespace",
                             "clone3", "clone3", kAny, NeedNumber, Clone3SetTid)};

}  // namespace
}  // namespace procmark::subject
