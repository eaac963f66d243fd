// SPDX-License-Identifier: MIT
// Memory placement, by libnuma: the parent's pages on its own node, on another node or on all
// nodes; and a child that moves to another node.
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/create.h"
#include "bench/subject/memory.h"

namespace procmark::subject {
namespace {

constexpr unsigned long kBytes = 64UL << 20;

enum class Placement { kLocal, kRemote, kInterleaved };

struct Nodes {
  int here = -1;   // this process is kept on it
  int other = -1;  // another node that has memory
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
  if (nodes.here < 0 || nodes.other < 0) context.Skip("this machine has one memory node only");
  if (numa_run_on_node(nodes.here) != 0)
    context.Skip("the subject cannot be kept on its node", errno);
  return nodes;
}

// move_pages(2) without target nodes tells the node of each page.
void VerifyPages(const Context& context, char* area, int node) {
  for (unsigned long at = 0; at < kBytes; at += kBytes / 16) {
    void* page = area + at;
    int where = -1;
    if (move_pages(0, 1, &page, nullptr, &where, 0) != 0 || where != node)
      context.Refuse("a page is on another node than asked for: node", where);
  }
}

// Neighbouring pages alternate between the nodes, so a few pages show more than one node.
void VerifyInterleaved(const Context& context, char* area) {
  constexpr unsigned long kProbed = 64;
  uint64_t seen = 0;  // nodes, by bit
  for (unsigned long i = 0; i < kProbed; ++i) {
    void* page = area + i * context.page_bytes;
    int where = -1;
    if (move_pages(0, 1, &page, nullptr, &where, 0) != 0 || where < 0)
      context.Refuse("the kernel does not tell a page's node: move_pages gave", where);
    constexpr int kBits = 64;
    seen |= uint64_t{1} << static_cast<unsigned>(where % kBits);
  }
  if (__builtin_popcountll(seen) < 2)
    context.Refuse("the pages are not spread over the nodes; seen nodes (bits)",
                   static_cast<int64_t>(seen));
}

template <Placement kPlacement>
void NeedMemoryOn(Context& context) {
  const Nodes nodes = FindNodes(context);
  NeedMemory(context, kBytes);
  const int node = kPlacement == Placement::kLocal ? nodes.here : nodes.other;
  void* const area = kPlacement == Placement::kInterleaved ? numa_alloc_interleaved(kBytes)
                                                           : numa_alloc_onnode(kBytes, node);
  if (area == nullptr) context.Skip("no memory of that node can be allocated", errno);
  // Small pages on every machine, also where the kernel gives transparent huge ones.
  madvise(area, kBytes, MADV_NOHUGEPAGE);
  WriteEachPage(static_cast<char*>(area), kBytes, context.page_bytes);
  if (kPlacement == Placement::kInterleaved) {
    VerifyInterleaved(context, static_cast<char*>(area));
  } else {
    VerifyPages(context, static_cast<char*>(area), node);
  }
}

struct Fork {
  [[gnu::always_inline]] long operator()() const { return sys::RawFork(); }
};

struct OtherNode {
  int number;
};

void NeedOtherNode(Context& context, OtherNode& other) {
  other.number = FindNodes(context).other;
  bitmask* const cpus = numa_allocate_cpumask();
  if (numa_node_to_cpus(other.number, cpus) != 0 || numa_bitmask_weight(cpus) == 0)
    context.Skip("the other memory node has no CPU");
  numa_free_cpumask(cpus);
}

// The child moves to the other node before it exits.
int64_t ForkAndMove(Context& context, const OtherNode& state) {
  const int other = state.number;
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

constexpr FaultRange kFaults = {1, 128};

template <Literal kWhere, Literal kWhat, Placement kPlacement>
consteval Benchmark ForkWithMemory() {
  return {
      .name = Join<"fork/numa:", kWhere, "/to:reaped">,
      .measures = Join<"fork(2) of a parent with 64MiB of memory in small pages ", kWhat,
                       ", from the call until the child, which exits at once, is reaped by "
                       "wait4(2)">,
      .not_timed = "the check of its status",
      .from = Edge::kCall,
      .to = Edge::kReaped,
      .tags = Tag::kNuma,
      .children = 1,
      .faults = kFaults,
      .run = Repeat<CreationSample<Fork, Edge::kCall, Edge::kReaped>, NeedMemoryOn<kPlacement>>};
}

PROCMARK_BENCHMARKS kNuma = List(
    ForkWithMemory<"local", "on its own node", Placement::kLocal>(),
    ForkWithMemory<"remote", "on another node", Placement::kRemote>(),
    ForkWithMemory<"interleaved", "spread over all nodes", Placement::kInterleaved>(),
    Benchmark{.name = "fork/numa:child_other/to:reaped",
              .measures = "fork(2) of a child that moves to another memory node before it exits, "
                          "from the call until it is reaped by wait4(2)",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kNuma,
              .children = 1,
              .faults = kFaults,
              .run = Repeat<ForkAndMove, NeedOtherNode>});

}  // namespace
}  // namespace procmark::subject
