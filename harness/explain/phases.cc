// SPDX-License-Identifier: MIT
#include "harness/explain/phases.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "harness/explain/symbols.h"
#include "harness/sys/text.h"

namespace procmark::explain {
namespace {

enum class Reach {
  kAll,     // everything below its functions
  kRest,    // of that, what no other phase takes
  kOfTask,  // the rest, of functions that no phase is above of
};

// A phase and the functions that begin it, parted by blanks. A function "a>b" is b, called by a.
struct Phase {
  std::string_view group;
  std::string_view name;
  Reach reach = Reach::kAll;
  std::string_view functions;
};

// Sources: kernel/fork.c copy_process(), kernel/exit.c do_exit() and release_task(), fs/exec.c.
constexpr std::array<Phase, 44> kPhases = {{
    {"clone", "dup_task_struct", Reach::kAll,
     "dup_task_struct arch_dup_task_struct alloc_thread_stack_node scs_prepare "
     "memcg_charge_kernel_stack copy_process>kmem_cache_alloc_node "
     "copy_process>kmem_cache_alloc_node_noprof copy_process>memset "
     "copy_process>get_random_u64 copy_process>get_random_bytes "
     "copy_process>__vmalloc_node_range copy_process>__vmalloc_node_range_noprof"},
    {"clone", "copy_creds", Reach::kAll, "copy_creds copy_process>prepare_creds"},
    {"clone", "sched_fork", Reach::kAll,
     "sched_fork __sched_fork sched_cgroup_fork sched_post_fork"},
    {"clone", "copy_files", Reach::kAll, "copy_files copy_process>dup_fd"},
    {"clone", "copy_fs", Reach::kAll, "copy_fs copy_process>copy_fs_struct"},
    {"clone", "copy_sighand", Reach::kAll, "copy_sighand"},
    {"clone", "copy_signal", Reach::kAll, "copy_signal copy_process>posix_cpu_timers_init_group"},
    {"clone", "copy_mm", Reach::kAll,
     "copy_mm dup_mm copy_process>dup_mmap copy_process>mm_init copy_process>mmput "
     "copy_process>futex_mm_init copy_process>lru_gen_add_mm"},
    {"clone", "copy_namespaces", Reach::kAll, "copy_namespaces"},
    {"clone", "copy_io", Reach::kAll, "copy_io"},
    {"clone", "copy_thread", Reach::kAll,
     "copy_thread copy_thread_tls copy_process>fpu_clone copy_process>fpu__copy"},
    {"clone", "alloc_pid", Reach::kAll, "alloc_pid"},
    {"clone", "cgroup", Reach::kAll,
     "cgroup_fork cgroup_can_fork cgroup_post_fork copy_process>cgroup_css_set_fork"},
    {"clone", "security and audit", Reach::kAll,
     "security_task_alloc audit_alloc copy_semundo copy_seccomp"},
    {"clone", "wake_up_new_task", Reach::kAll, "wake_up_new_task"},
    {"clone", "wait for vfork", Reach::kAll,
     "wait_for_vfork_done kernel_clone>wait_for_completion_state "
     "kernel_clone>wait_for_completion_killable"},
    {"clone", "rest of copy_process", Reach::kRest, "copy_process"},
    {"clone", "rest of kernel_clone", Reach::kRest, "kernel_clone _do_fork"},
    {"switch", "ret_from_fork", Reach::kRest, "ret_from_fork ret_from_fork_asm"},
    {"switch", "schedule_tail", Reach::kAll, "schedule_tail"},
    {"switch", "context switch", Reach::kAll,
     "schedule __schedule preempt_schedule_common preempt_schedule_irq schedule_idle "
     "__cond_resched __switch_to_asm cpu_switch_to __switch_to"},
    {"exec", "copy strings", Reach::kAll, "copy_strings copy_string_kernel copy_strings_kernel"},
    {"exec", "open the program", Reach::kAll, "do_open_execat open_exec"},
    {"exec", "begin_new_exec", Reach::kAll, "begin_new_exec"},
    {"exec", "load_elf_binary", Reach::kRest, "load_elf_binary"},
    {"exec", "rest of exec", Reach::kRest,
     "do_execveat_common bprm_execve kernel_execve __do_execve_file"},
    {"exit", "exit_signals", Reach::kAll, "exit_signals"},
    {"exit", "exit_mm", Reach::kAll,
     "exit_mm do_exit>mmput exit_mm_release do_exit>mm_update_next_owner "
     "do_exit>sync_mm_rss do_exit>futex_exit_release do_exit>exit_mmap"},
    {"exit", "exit_sem", Reach::kAll, "exit_sem exit_shm"},
    {"exit", "exit_files", Reach::kAll, "exit_files"},
    {"exit", "exit_fs", Reach::kAll, "exit_fs"},
    {"exit", "exit_task_namespaces", Reach::kAll, "exit_task_namespaces exit_nsproxy_namespaces"},
    {"exit", "exit_task_work", Reach::kAll, "exit_task_work do_exit>task_work_run"},
    {"exit", "exit_thread", Reach::kAll, "exit_thread"},
    {"exit", "cgroup_exit", Reach::kAll, "cgroup_exit cgroup_task_exit cgroup_task_dead"},
    {"exit", "accounting", Reach::kAll,
     "acct_collect acct_process acct_update_integrals taskstats_exit "
     "perf_event_exit_task proc_exit_connector tty_audit_exit audit_free"},
    {"exit", "sched_autogroup_exit_task", Reach::kAll, "sched_autogroup_exit_task"},
    {"exit", "exit_notify", Reach::kAll,
     "exit_notify do_exit>do_notify_parent do_exit>release_task "
     "do_exit>__wake_up_parent do_exit>kill_orphaned_pgrp forget_original_parent"},
    {"exit", "do_task_dead", Reach::kAll, "do_task_dead"},
    {"exit", "rest of do_exit", Reach::kRest, "do_exit do_group_exit"},
    {"wait", "release_task", Reach::kAll, "release_task"},
    {"wait", "rest of wait", Reach::kRest,
     "kernel_wait4 kernel_waitid do_wait __do_wait do_waitid"},
    {"fault", "page faults of programs", Reach::kOfTask,
     "exc_page_fault do_page_fault do_mem_abort handle_page_fault "
     "do_translation_fault"},
    {"other", "signals", Reach::kRest,
     "do_signal arch_do_signal_or_restart get_signal do_send_sig_info "
     "send_signal_locked __send_signal"},
}};

// What belongs to no phase.
constexpr std::string_view kOther = "other";
constexpr std::string_view kUserSpaceName = "user space";
constexpr std::string_view kInterruptsName = "interrupts";
constexpr std::string_view kSystemCallName = "entry to the kernel and exit";

bool IsAllocator(std::string_view function) {
  constexpr std::array<std::string_view, 26> kNames = {"alloc_pages",
                                                       "__alloc_pages",
                                                       "alloc_frozen_pages",
                                                       "__alloc_frozen_pages",
                                                       "folio_alloc",
                                                       "__folio_alloc",
                                                       "vma_alloc_folio",
                                                       "get_page_from_freelist",
                                                       "free_unref_page",
                                                       "free_frozen_pages",
                                                       "__free_pages",
                                                       "free_pages",
                                                       "__get_free_pages",
                                                       "get_zeroed_page",
                                                       "kmem_cache_alloc",
                                                       "kmem_cache_alloc_node",
                                                       "kmem_cache_alloc_lru",
                                                       "kmem_cache_alloc_bulk",
                                                       "kmem_cache_free",
                                                       "kmem_cache_free_bulk",
                                                       "kfree",
                                                       "kmalloc_trace",
                                                       "__kmalloc",
                                                       "__vmalloc_node_range",
                                                       "vfree",
                                                       "alloc_pages_bulk"};
  constexpr std::string_view kNoProfile = "_noprof";
  if (function.ends_with(kNoProfile)) function.remove_suffix(kNoProfile.size());
  return std::ranges::find(kNames, function) != kNames.end();
}

class Table {
 public:
  Table() {
    for (size_t i = 0; i < kPhases.size(); ++i) {
      for (const std::string& function : sys::SplitNonEmpty(kPhases[i].functions, ' ')) {
        begins_[function] = i;
      }
    }
  }

  // The phase of a function below `parent`, whose own phase is `above`; -1: none.
  int Below(int above, const std::string& parent, const std::string& function) const {
    if (above >= 0 && kPhases[static_cast<size_t>(above)].reach == Reach::kAll) return above;
    auto found = begins_.find(parent + ">" + function);
    if (found == begins_.end()) found = begins_.find(function);
    if (found == begins_.end()) return above;
    if (above >= 0 && kPhases[found->second].reach == Reach::kOfTask) return above;
    return static_cast<int>(found->second);
  }

 private:
  std::map<std::string, size_t, std::less<>> begins_;
};

// What holds for everything below a node.
struct Place {
  int phase = -1;
  std::string_view fixed;  // user space or interrupts
  bool in_fault = false;
  bool in_allocator = false;
};

std::vector<Place> PlacesOf(const CallTree& tree) {
  const Table table;
  std::vector<Place> places(tree.nodes.size());
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    const TreeNode& node = tree.nodes[i];
    Place place = places[node.parent];
    if (node.kind == NodeKind::kUserSpace) place.fixed = kUserSpaceName;
    if (node.kind == NodeKind::kInterrupts) place.fixed = kInterruptsName;
    if (node.kind == NodeKind::kFunction || node.kind == NodeKind::kInlined) {
      const std::string name = BaseName(node.name);
      place.phase = table.Below(place.phase, BaseName(tree.nodes[node.parent].name), name);
      place.in_fault = place.in_fault || node.how == How::kException;
      place.in_allocator = place.in_allocator || IsAllocator(name);
    }
    places[i] = place;
  }
  return places;
}

}  // namespace

std::vector<PhaseCost> PhasesOf(const CallTree& tree) {
  std::vector<PhaseCost> costs;
  for (const Phase& phase : kPhases) {
    costs.push_back({std::string(phase.group), std::string(phase.name), {}, {}, {}});
  }
  const size_t first_fixed = costs.size();
  for (const std::string_view name : {kSystemCallName, kUserSpaceName, kInterruptsName}) {
    costs.push_back({std::string(kOther), std::string(name), {}, {}, {}});
  }
  const std::vector<Cost> self = tree.SelfCosts();
  const std::vector<Place> places = PlacesOf(tree);
  for (size_t i = 0; i < self.size(); ++i) {
    const Place& place = places[i];
    size_t row = place.phase < 0 ? first_fixed : static_cast<size_t>(place.phase);
    if (place.fixed == kUserSpaceName) row = first_fixed + 1;
    if (place.fixed == kInterruptsName) row = first_fixed + 2;
    costs[row].all += self[i];
    if (place.in_allocator) {
      costs[row].in_allocator += self[i];
    } else if (place.in_fault) {
      costs[row].in_faults += self[i];
    }
  }
  std::erase_if(costs, [](const PhaseCost& cost) { return cost.all == Cost{}; });
  return costs;
}

}  // namespace procmark::explain
