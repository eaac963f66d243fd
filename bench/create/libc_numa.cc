// Where memory lies, by libnuma: a parent's pages near, far or spread, a child on another node.
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/create.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

constexpr unsigned long kBytes = 64UL << 20;

enum class Memory { kLocal, kRemote, kInterleaved };

// The node this process is kept on, and another one that has memory.
struct Nodes {
  int here = -1;
  int other = -1;
};

Nodes FindNodes(const Context& context) {
  if (numa_available() < 0) context.Skip("this kernel has no NUMA support");
  Nodes nodes;
  nodes.here = numa_node_of_cpu(sched_getcpu());
  for (int node = 0; node <= numa_max_node(); ++node) {
    if (node != nodes.here &&
        numa_bitmask_isbitset(numa_all_nodes_ptr, static_cast<unsigned>(node)))
      nodes.other = node;
  }
  if (nodes.here < 0 || nodes.other < 0) context.Skip("there is one memory node only");
  if (numa_run_on_node(nodes.here) != 0)
    context.Skip("the subject cannot be kept on its node", errno);
  return nodes;
}

// move_pages(2) without target nodes says on which node each page is.
void VerifyPages(const Context& context, char* area, int node) {
  for (unsigned long at = 0; at < kBytes; at += kBytes / 16) {
    void* page = area + at;
    int where = -1;
    if (move_pages(0, 1, &page, nullptr, &where, 0) != 0 || where != node)
      context.Refuse("a page lies on another node than asked for:", where);
  }
}

// Neighbouring pages lie on different nodes in turn, so each node has some of a few.
void VerifyInterleaved(const Context& context, char* area) {
  constexpr unsigned long kProbed = 64;
  uint64_t seen = 0;  // nodes, by bit
  for (unsigned long i = 0; i < kProbed; ++i) {
    void* page = area + i * context.page_bytes;
    int where = -1;
    if (move_pages(0, 1, &page, nullptr, &where, 0) != 0 || where < 0)
      context.Refuse("where a page lies cannot be told:", where);
    constexpr int kBits = 64;
    seen |= uint64_t{1} << static_cast<unsigned>(where % kBits);
  }
  if (__builtin_popcountll(seen) < 2)
    context.Refuse("the pages are not spread; they lie on nodes (bits)",
                   static_cast<int64_t>(seen));
}

template <Memory kMemory>
void NeedMemoryOn(Context& context) {
  const Nodes nodes = FindNodes(context);
  NeedMemory(context, kBytes);
  const int node = kMemory == Memory::kLocal ? nodes.here : nodes.other;
  void* const area = kMemory == Memory::kInterleaved ? numa_alloc_interleaved(kBytes)
                                                     : numa_alloc_onnode(kBytes, node);
  if (area == nullptr) context.Skip("memory of that node cannot be had", errno);
  // Small pages everywhere, or this were another benchmark where transparent huge ones are given.
  madvise(area, kBytes, MADV_NOHUGEPAGE);
  WriteEachPage(static_cast<char*>(area), kBytes, context.page_bytes);
  if (kMemory == Memory::kInterleaved) {
    VerifyInterleaved(context, static_cast<char*>(area));
  } else {
    VerifyPages(context, static_cast<char*>(area), node);
  }
}

struct Fork {
  explicit Fork(const Context&) {}
  [[gnu::always_inline]] long operator()() const { return sys::RawFork(); }
};

void NeedOtherNode(Context& context) {
  const Nodes nodes = FindNodes(context);
  bitmask* const cpus = numa_allocate_cpumask();
  if (numa_node_to_cpus(nodes.other, cpus) != 0 || numa_bitmask_weight(cpus) == 0)
    context.Skip("the other memory node has no CPU");
  numa_free_cpumask(cpus);
  context.area_bytes = static_cast<unsigned long>(nodes.other);
}

// The child moves to the other node before it ends.
int64_t ForkAndMove(Context& context) {
  const int other = static_cast<int>(context.area_bytes);
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawFork();
  if (pid == 0) {
    if (numa_run_on_node(other) != 0 || numa_node_of_cpu(sched_getcpu()) != other) _exit(1);
    ExitChild();
  }
  const long reaped =
      pid > 0 ? sys::RawSyscall(__NR_wait4, pid, sys::RawArg(&context.status), 0, 0) : pid;
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

constexpr FaultRange kAny = {1, 128};

#define PROCMARK_NUMA(where, what, memory)                                                         \
  {                                                                                                \
    "fork/numa:" where "/to:reaped",                                                               \
        "Measures fork(2) of a parent with 64MiB of memory in small pages " what                   \
        ", from the call until the child, which exits at once, is reaped by wait4(2). Not timed: " \
        "the check of its status.",                                                                \
        "fork", Edge::kCall, Edge::kReaped, "libc", "numa,fork", "", 1, 1, kAny,                   \
        NeedMemoryOn<memory>, Repeat<CreationSample<Fork, Edge::kCall, Edge::kReaped>>             \
  }

PROCMARK_BENCHMARKS kNuma[] = {
    PROCMARK_NUMA("local", "on its own node", Memory::kLocal),
    PROCMARK_NUMA("remote", "on another node", Memory::kRemote),
    PROCMARK_NUMA("interleaved", "spread over all nodes", Memory::kInterleaved),
    {"fork/numa:child_other/to:reaped",
     "Measures fork(2) of a child that moves to another memory node before it exits, from the call "
     "until it is reaped by wait4(2). Not timed: the check of its status.",
     "fork", Edge::kCall, Edge::kReaped, "libc", "numa,fork", "", 1, 1, kAny, NeedOtherNode,
     Repeat<ForkAndMove>}};

}  // namespace
}  // namespace procmark::subject
