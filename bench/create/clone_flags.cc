// SPDX-License-Identifier: MIT
// clone3(2) with one flag at a time: what it costs to share a part with the child, or to give it a
// new namespace.
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/memory.h"
#include "bench/subject/poll.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr uint64_t kNewTime = 0x80;                 // CLONE_NEWTIME, Linux 5.6
constexpr uint64_t kClearSighand = 0x100000000ULL;  // CLONE_CLEAR_SIGHAND, Linux 5.5
constexpr uint64_t kIntoCgroup = 0x200000000ULL;    // CLONE_INTO_CGROUP, Linux 5.7

// The descriptor of a cgroup's directory.
struct Cgroup {
  int directory;
};

// The constructor fills in the arguments before the timed region begins. The kernel stores the
// identifiers (CLONE_PARENT_SETTID, CLONE_CHILD_SETTID) on the stack.
template <uint64_t kFlags>
struct Clone3With {
  Clone3With() {
    arguments.flags = kFlags;
    arguments.exit_signal = SIGCHLD;
    arguments.parent_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.child_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.tls = reinterpret_cast<uintptr_t>(&tid);
    if constexpr (kFlags == CLONE_SIGHAND) arguments.flags |= CLONE_VM | CLONE_VFORK;
  }
  explicit Clone3With(const Cgroup& cgroup) : Clone3With() {
    arguments.cgroup = static_cast<uint64_t>(cgroup.directory);
  }
  Clone3With(const Clone3With&) = delete;
  Clone3With& operator=(const Clone3With&) = delete;
  [[gnu::always_inline]] long operator()() {
    return RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
  }
  int tid = 0;
  clone_args arguments{};
};

// Creates and reaps one child. Skips if the kernel refuses the flag: not permitted, not configured,
// or too old.
template <typename Create>
void TryOnce(Context& context, Create& create, const char* why_not) {
  context.status = -1;
  const long pid = create();
  if (pid == 0) ExitChild();
  if (pid < 0) context.Skip(why_not, -pid);
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  context.CheckChild(pid, reaped);
}

constexpr const char* kNoFlag = "the kernel does not create a child with this flag";

template <uint64_t kFlags>
void NeedFlags(Context& context) {
  Clone3With<kFlags> create;
  TryOnce(context, create, kNoFlag);
}

bool IsCgroup2(long directory) {
  constexpr long kMagic = 0x63677270;  // CGROUP2_SUPER_MAGIC
  long answer[32] = {};                // struct statfs or statfs64; its first word is f_type
#if defined(__arm__)
  constexpr long kSize = 88;
  RawSyscall(__NR_fstatfs64, directory, kSize, RawArg(answer));
#else
  RawSyscall(__NR_fstatfs, directory, RawArg(answer));
#endif
#if defined(__s390x__)
  const long type = static_cast<long>(*reinterpret_cast<const uint32_t*>(answer));
#else
  const long type = answer[0];
#endif
  return type == kMagic;
}

// Opens the root of the cgroup v2 hierarchy.
void NeedCgroup(Context& context, Cgroup& cgroup) {
  const char* const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  for (const char* root : roots) {
    const long fd = RawSyscall(__NR_openat, AT_FDCWD, RawArg(root), O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) continue;
    if (IsCgroup2(fd)) {
      cgroup.directory = static_cast<int>(fd);
      Clone3With<kIntoCgroup> create(cgroup);
      TryOnce(context, create, kNoFlag);
      return;
    }
    RawSyscall(__NR_close, fd);
  }
  context.Skip("no cgroup v2 hierarchy is mounted");
}

// A child that shares its parent's memory and runs beside it needs a stack of its own.
void NeedStack(Context& context, Stack& stack) {
  constexpr unsigned long kStackBytes = 64 * 1024;
  stack = MapStack(context, kStackBytes);
}

void ExitEntry(void*) { ExitChild(); }

struct CloneVm {
  explicit CloneVm(const Stack& stack) : top(stack.top) {}
  [[gnu::always_inline]] long operator()() const {
    return sys::RawCloneOnStack(CLONE_VM | SIGCHLD, top, nullptr, nullptr, ExitEntry, nullptr);
  }
  char* top;
};

// The child gets a given pid (set_tid), which is free in a namespace of its own.
struct Clone3SetTid {
  Clone3SetTid() {
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.set_tid_size = 1;
  }
  Clone3SetTid(const Clone3SetTid&) = delete;
  Clone3SetTid& operator=(const Clone3SetTid&) = delete;
  [[gnu::always_inline]] long operator()() {
    return RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
  }
  int tid = 300;
  clone_args arguments{};
};

// A new pid namespace, so that no other process takes the pid.
void NeedNamespace(Context& context) {
  Shape shape{};
  shape.namespaces = 1;
  TakeShape(context, shape);
  Clone3SetTid create;
  TryOnce(context, create, "the kernel does not give a chosen pid (set_tid, Linux 5.5)");
}

// The caller's parent will reap a sibling, so the caller learns of its end from a pidfd.
int64_t CloneSibling(Context& context) {
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
  if (ended != 1) context.Refuse("the pidfd did not report the sibling's end: ppoll gave", ended);
  ++context.children;
  return length;
}

void NeedSibling(Context& context) {
  NeedFlags<CLONE_PARENT_SETTID>(context);
  // kernel/fork.c, copy_process: no process of the namespace would reap the sibling.
  if (RawSyscall(__NR_getpid) == 1)
    context.Skip("the first process of a pid namespace cannot have a sibling");
}

constexpr CreationFields kFields = {.faults = {0, 12}};

template <Literal kFlag, Literal kWhat, uint64_t kFlags, auto kPrepare = NeedFlags<kFlags>>
consteval Benchmarks<4> WithFlag() {
  return Creation<kJoined<"clone3/flags:", kFlag>, kJoined<"clone3(2) with ", kWhat>,
                  Clone3With<kFlags>, kPrepare>(kFields);
}

PROCMARK_BENCHMARKS kCloneFlags = List(
    Benchmark{.name = "clone/flags:vm/to:reaped",
              .measures = "clone(2) with CLONE_VM, onto a stack used before, from the call until "
                          "the child, which exits at once, is reaped by wait4(2)",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .children = 1,
              .faults = kFields.faults,
              .run = Repeat<CreationSample<CloneVm, Edge::kCall, Edge::kReaped, Stack>, NeedStack>},
    WithFlag<"files", "CLONE_FILES", CLONE_FILES>(), WithFlag<"fs", "CLONE_FS", CLONE_FS>(),
    WithFlag<"io", "CLONE_IO", CLONE_IO>(), WithFlag<"sysvsem", "CLONE_SYSVSEM", CLONE_SYSVSEM>(),
    WithFlag<"vm_vfork_sighand", "CLONE_VM|CLONE_VFORK|CLONE_SIGHAND", CLONE_SIGHAND>(),
    WithFlag<"parent_settid", "CLONE_PARENT_SETTID", CLONE_PARENT_SETTID>(),
    WithFlag<"child_settid", "CLONE_CHILD_SETTID", CLONE_CHILD_SETTID>(),
    WithFlag<"child_cleartid", "CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID>(),
    WithFlag<"settls", "CLONE_SETTLS (the child uses none)", CLONE_SETTLS>(),
    WithFlag<"clear_sighand", "CLONE_CLEAR_SIGHAND", kClearSighand>(),
    WithFlag<"newns", "CLONE_NEWNS (a mount namespace)", CLONE_NEWNS>(),
    WithFlag<"newuts", "CLONE_NEWUTS (a UTS namespace)", CLONE_NEWUTS>(),
    WithFlag<"newipc", "CLONE_NEWIPC (an IPC namespace)", CLONE_NEWIPC>(),
    WithFlag<"newpid", "CLONE_NEWPID (a pid namespace)", CLONE_NEWPID>(),
    WithFlag<"newnet", "CLONE_NEWNET (a network namespace)", CLONE_NEWNET>(),
    WithFlag<"newuser", "CLONE_NEWUSER (a user namespace)", CLONE_NEWUSER>(),
    WithFlag<"newcgroup", "CLONE_NEWCGROUP (a cgroup namespace)", CLONE_NEWCGROUP>(),
    WithFlag<"newtime", "CLONE_NEWTIME (a time namespace)", kNewTime>(),
    WithFlag<"into_cgroup", "CLONE_INTO_CGROUP (the root of cgroup v2)", kIntoCgroup, NeedCgroup>(),
    Benchmark{.name = "clone3/flags:parent/to:parent_return",
              .measures = "how long clone3(2) with CLONE_PARENT|CLONE_PIDFD, whose child is a "
                          "sibling of its caller, keeps the caller",
              .not_timed = "the sibling's life; the caller's parent reaps it",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .children = 1,
              .faults = kFields.faults,
              .uncounted = Uncounted::kUsage,
              .run = Repeat<CloneSibling, NeedSibling>},
    Creation<"clone3/set_tid", "clone3(2) with a chosen pid (set_tid) in a pid namespace",
             Clone3SetTid, NeedNamespace>(kFields));

}  // namespace
}  // namespace procmark::subject
