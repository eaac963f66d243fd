// What else clone(2) can share or set: the root folder, semaphore undo lists, I/O contexts, the
// thread pointer and the stack; and kcmp(2) as a second witness of the share matrix.
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

// In a process of its own: whether a chroot by its child made with these flags moved its root too.
int RootMovedByChild(uint64_t flags) {
  ScopedChild parent = Fork([flags] {
    CloneArguments arguments;
    arguments.flags = flags;
    arguments.exit_signal = SIGCHLD;
    ScopedChild child = Clone(arguments, [] { return ::chroot("/proc") == 0 ? 0 : errno; });
    if (const int error = child.Reap() >> 8; error != 0) return 100 + error;
    const bool moved = ::access("/uptime", F_OK) == 0 && ::access("/proc/uptime", F_OK) != 0;
    return moved ? 1 : 0;
  });
  return parent.Reap() >> 8;
}

PROMISE(Share, RootFolderIsAmongTheFolders,
        {.says = "With CLONE_FS a chroot by the child moves its parent's root; without it, it does "
                 "not.",
         .item = "105",
         .authority = "clone(2) CLONE_FS, chroot(2)"}) {
  const int plain = RootMovedByChild(0);
  if (plain == 100 + EPERM) GTEST_SKIP() << "chroot needs CAP_SYS_CHROOT";
  EXPECT_EQ(plain, 0);
  EXPECT_EQ(RootMovedByChild(CLONE_FS), 1);
}

PROMISE(Share, SemaphoreUndoWaitsForTheLastSharer,
        {.says = "With CLONE_SYSVSEM the undo of a child's semaphore operation is made when the "
                 "last sharer ends, not when the child does.",
         .item = "106",
         .authority = "clone(2) CLONE_SYSVSEM, semop(2) SEM_UNDO; ipc/sem.c exit_sem()"}) {
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  ASSERT_GE(set, 0);
  const auto value = [set] { return ::semctl(set, 0, GETVAL); };
  const ChildChecks checks(4);
  for (const uint64_t flags : {uint64_t{CLONE_SYSVSEM}, uint64_t{0}}) {
    ScopedChild sharer = Fork([&] {
      CloneArguments arguments;
      arguments.flags = flags;
      arguments.exit_signal = SIGCHLD;
      ScopedChild child = Clone(arguments, [set] {
        sembuf up{0, 4, SEM_UNDO};
        return ::semop(set, &up, 1) == 0 ? 0 : 1;
      });
      (void)child.AwaitZombie();
      CHILD_EXPECT_EQ(checks, flags == 0 ? 0 : 4, value());
      CHILD_EXPECT_EQ(checks, 0, child.Reap());
    });
    (void)sharer.AwaitZombie();
    EXPECT_EQ(value(), 0) << "the last sharer has ended";
    EXPECT_EQ(sharer.Reap(), 0);
  }
  EXPECT_EQ(::semctl(set, 0, IPC_RMID), 0);
}

// kcmp(2) of ourselves and a child: 0 when the two share the resource, 1 or 2 when not.
long Compare(pid_t child, int type) {
  return ::syscall(SYS_kcmp, ::getpid(), child, type, 0UL, 0UL);
}

void ExpectComparison(pid_t child, uint64_t flags) {
  const struct {
    const char* name;
    int type;
    uint64_t flag;
  } rows[] = {{"memory", KCMP_VM, CLONE_VM},      {"descriptors", KCMP_FILES, CLONE_FILES},
              {"folders", KCMP_FS, CLONE_FS},     {"actions", KCMP_SIGHAND, CLONE_SIGHAND},
              {"I/O context", KCMP_IO, CLONE_IO}, {"undo list", KCMP_SYSVSEM, CLONE_SYSVSEM}};
  for (const auto& row : rows) {
    const long answer = Compare(child, row.type);
    EXPECT_GE(answer, 0) << row.name << " errno " << errno;
    EXPECT_EQ(answer == 0, (flags & row.flag) != 0) << row.name << ", flags " << flags;
  }
}

PROMISE(Share, KcmpAgreesWithEveryCombination,
        {.says = "kcmp tells the same of memory, descriptors, folders, actions, I/O context and "
                 "undo list as the flags of clone, for each of the 48 legal combinations.",
         .item = "111 112",
         .authority = "kcmp(2), clone(2)",
         .since = "3.5"}) {
  // Both parties without an I/O context or an undo list would count as equal: make ours first.
  constexpr int kWhoProcess = 1;
  constexpr int kBestEffortFive = (2 << 13) | 5;
  ASSERT_EQ(::syscall(SYS_ioprio_set, kWhoProcess, 0, kBestEffortFive), 0);
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  ASSERT_GE(set, 0);
  sembuf up{0, 1, SEM_UNDO};
  ASSERT_EQ(::semop(set, &up, 1), 0);
  const bool absent = Compare(::getpid(), KCMP_VM) != 0;
  const int error = errno;
  int combinations = 0;
  for (const uint64_t memory :
       {uint64_t{0}, uint64_t{CLONE_VM}, uint64_t{CLONE_VM | CLONE_SIGHAND}}) {
    for (const uint64_t others : UnionsOf({CLONE_FS, CLONE_FILES, CLONE_SYSVSEM, CLONE_IO})) {
      if (absent) continue;
      const Handshake end;
      const uint64_t flags = memory | others;
      if (memory != 0) {
        ScopedChild child = CloneSharingMemory(static_cast<int>(flags) | SIGCHLD,
                                               [&] { return end.Await() ? 0 : 1; });
        ExpectComparison(child.Number(), flags);
        end.Notify();
        EXPECT_EQ(child.Reap(), 0);
      } else {
        CloneArguments arguments;
        arguments.flags = flags;
        arguments.exit_signal = SIGCHLD;
        ScopedChild child = Clone(arguments, [&] { return end.Await() ? 0 : 1; });
        ExpectComparison(child.Number(), flags);
        end.Notify();
        EXPECT_EQ(child.Reap(), 0);
      }
      ++combinations;
    }
  }
  EXPECT_EQ(::semctl(set, 0, IPC_RMID), 0);
  if (absent) GTEST_SKIP() << "kcmp does not work here, errno " << error;
  EXPECT_EQ(combinations, 48);
}

PROMISE(Share, IoPriorityIsSharedWithTheContext,
        {.says = "With CLONE_IO an I/O priority that the child sets is its parent's too.",
         .item = "112",
         .authority = "clone(2) CLONE_IO; block/ioprio.c, block/blk-ioc.c __copy_io()",
         .since = "2.6.25"}) {
  constexpr int kWhoProcess = 1;
  constexpr int kClassBestEffort = 2 << 13;
  ASSERT_EQ(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassBestEffort | 5), 0);
  for (const uint64_t flags : {uint64_t{0}, uint64_t{CLONE_IO}}) {
    CloneArguments arguments;
    arguments.flags = flags;
    arguments.exit_signal = SIGCHLD;
    ScopedChild child = Clone(arguments, [] {
      return static_cast<int>(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassBestEffort | 3));
    });
    EXPECT_EQ(child.Reap(), 0);
    EXPECT_EQ(::syscall(SYS_ioprio_get, kWhoProcess, 0), kClassBestEffort | (flags == 0 ? 5 : 3));
  }
}

// Memory that a child may have as its stack and as its thread-local storage.
class ChildMemory {
 public:
  static constexpr size_t kBytes = 128 * 1024;
  ChildMemory()
      : memory_(static_cast<char*>(
            ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (memory_ == MAP_FAILED) ThrowErrno("mmap", errno);
  }
  ~ChildMemory() { ::munmap(memory_, kBytes); }
  ChildMemory(const ChildMemory&) = delete;
  ChildMemory& operator=(const ChildMemory&) = delete;
  char* Bottom() const { return memory_; }
  char* Top() const { return memory_ + kBytes; }

 private:
  char* memory_;
};

struct Place {
  std::atomic<uintptr_t> frame;
};
int NotePlace(void* place) {
  static_cast<Place*>(place)->frame.store(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  return 0;
}

// What the calling conventions of the architectures that we know ask of a frame.
#if defined(__x86_64__) || defined(__aarch64__)
constexpr uintptr_t kStackAlignment = 16;
#else
constexpr uintptr_t kStackAlignment = sizeof(void*);
#endif

PROMISE(Share, ChildStartsOnTheGivenStack,
        {.says = "A child that shares memory starts near the top of the stack that it is given, "
                 "aligned as the calling convention asks even if the given address is not.",
         .item = "114",
         .authority = "clone(2) (The child stack)"}) {
  for (const uintptr_t off : {0U, 8U, 24U, 1U}) {
    const ChildMemory stack;
    Place place{};
    char* const top = stack.Top() - off;
    const int pid = ::clone(NotePlace, top, CLONE_VM | SIGCHLD, &place);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(pid, 0).status, 0);
    const uintptr_t frame = place.frame.load();
    EXPECT_GT(frame, reinterpret_cast<uintptr_t>(stack.Bottom()));
    EXPECT_LE(frame, reinterpret_cast<uintptr_t>(top));
    EXPECT_GT(frame, reinterpret_cast<uintptr_t>(top) - 4096);
    EXPECT_EQ(frame % kStackAlignment, 0U) << "given off by " << off;
  }
}

#if defined(__x86_64__)
// clone3(2) itself: its child starts here, with nothing on its stack. The stack pointer that the
// child had goes to *seen. The child's pid, or -errno.
long Clone3AndNoteStack(const CloneArguments& arguments, uintptr_t* seen) {
  long result = SYS_clone3;
  register uintptr_t* kept asm("r12") = seen;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "mov %%rsp, (%%r12)\n\t"
      "xor %%edi, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), [exit] "i"(SYS_exit), "r"(kept)
      : "rcx", "r11", "memory");
  return result;
}
#endif

PROMISE(Share, Clone3TakesBaseAndSize,
        {.says = "The stack of clone3 is its lowest address and its size: the child's stack "
                 "pointer starts at their sum.",
         .item = "114",
         .authority = "clone(2) clone3() stack and stack_size; kernel/fork.c clone3_stack_valid()",
         .since = "5.3"}) {
#if defined(__x86_64__)
  const ChildMemory stack;
  for (const size_t bytes : {ChildMemory::kBytes, ChildMemory::kBytes / 2}) {
    uintptr_t seen = 0;
    CloneArguments arguments;
    arguments.flags = CLONE_VM;
    arguments.exit_signal = SIGCHLD;
    arguments.stack = reinterpret_cast<uint64_t>(stack.Bottom());
    arguments.stack_size = bytes;
    const long pid = Clone3AndNoteStack(arguments, &seen);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(static_cast<pid_t>(pid), 0).status, 0);
    EXPECT_EQ(seen, reinterpret_cast<uintptr_t>(stack.Bottom()) + bytes);
  }
#else
  GTEST_SKIP() << "written for the registers of x86-64";
#endif
}

// Runs with a thread pointer that is no C library's: nothing but a store.
__attribute__((no_stack_protector)) int NoteThreadPointer([[maybe_unused]] void* seen) {
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)
  *static_cast<void* volatile*>(seen) = __builtin_thread_pointer();
#endif
  return 0;
}

PROMISE(Share, ThreadPointerIsSet,
        {.says = "With CLONE_SETTLS the child's thread pointer is the given one; without it the "
                 "child has its parent's.",
         .item = "113",
         .authority = "clone(2) CLONE_SETTLS; arch copy_thread()"}) {
  const ChildMemory stack;
  const ChildMemory storage;
  char* const pointer = storage.Bottom() + ChildMemory::kBytes / 2;
  *reinterpret_cast<void**>(pointer) = pointer;  // x86 reads it through memory
  void* volatile ours = nullptr;
  (void)NoteThreadPointer(const_cast<void**>(&ours));
  if (ours == nullptr) GTEST_SKIP() << "the thread pointer cannot be read on this architecture";
  void* volatile seen = nullptr;
  for (const bool given : {true, false}) {
    const int flags = CLONE_VM | (given ? CLONE_SETTLS : 0) | SIGCHLD;
    const int pid =
        ::clone(NoteThreadPointer, stack.Top(), flags, const_cast<void**>(&seen), nullptr, pointer);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(pid, 0).status, 0);
    EXPECT_EQ(seen, given ? pointer : ours) << "given: " << given;
  }
  (void)NoteThreadPointer(const_cast<void**>(&seen));
  EXPECT_EQ(seen, ours) << "the parent's own stays";
}

PROMISE(Share, ThreadPointerOutsideOfUserMemoryIsEperm,
        {.says = "On x86-64 CLONE_SETTLS with an address that is not the user's is EPERM, and "
                 "leaves no child.",
         .item = "113",
         .authority = "arch/x86/kernel/process_64.c do_arch_prctl_64() ARCH_SET_FS",
         .kind = Kind::kLinux}) {
#if defined(__x86_64__)
  for (const uint64_t address : {uint64_t{1} << 63, ~uint64_t{0}}) {
    CloneArguments arguments;
    arguments.flags = CLONE_SETTLS;
    arguments.exit_signal = SIGCHLD;
    arguments.tls = address;
    EXPECT_EQ(Clone3Error(arguments), EPERM) << address;
  }
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
#else
  GTEST_SKIP() << "a rule of x86-64";
#endif
}

}  // namespace
}  // namespace procmark::conformance
