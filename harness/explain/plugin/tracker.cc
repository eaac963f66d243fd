// SPDX-License-Identifier: MIT
#include "harness/explain/plugin/tracker.h"

#include <algorithm>

namespace procmark::explain {

Tracker::Tracker(const CodeMap& map, bool calls, ProfileWriter& out)
    : map_(map),
      calls_(calls),
      tree_(out),
      tally_(out),
      first_(new Task{.path = CallPath(tree_)}),
      task_(first_.get()) {}

void Tracker::Enter(const Block& block, uint64_t started, uint64_t accessed) {
  if (last_ == nullptr) {
    const How how = block.mode == Mode::kUser ? How::kCall : How::kUnseen;
    task_->path.Restart(tree_.Child(0, block.Function(), how));
  } else {
    Leave(block, started - started_, accessed != accessed_);
  }
  if (map_.task_end != 0 && block.begin == map_.task_end) task_->ended = true;
  last_ = &block;
  started_ = started;
  accessed_ = accessed;
}

void Tracker::Leave(const Block& next, uint64_t executed, bool accessed) {
  const Block& block = *last_;
  const bool whole = executed == block.instructions;
  const How how = HowOf(next, whole, accessed);
  Interrupted interrupted;
  interrupted.last = block.addresses[std::max<uint64_t>(executed, 1) - 1];
  // In the middle of a block an exception says that the last instruction begun was not executed. A
  // device's register ends a block early too, and then it was. (A program that writes to the code
  // that it runs begins the instruction again.) Where that cannot be told, Resume() tells.
  const bool faulted =
      !whole && executed > 0 &&
      ((how == How::kException && next.entry != Entry::kTrap) || next.begin == interrupted.last);
  Credit(block, faulted ? executed - 1 : executed);
  interrupted.of_program = block.mode == Mode::kUser;
  interrupted.repeats = whole && block.repeats;
  interrupted.may_have_faulted = how == How::kException && !faulted;
  interrupted.segment = tally_.Number();
  interrupted.spot = spot_;
  interrupted.string_spot_plus_1 = interrupted.repeats ? string_spot_plus_1_ : 0;
  if (clock_ != 0) DivideAtClock();
  if (loaded_from_ != 0) Switch();
  // From its second iteration on a string instruction is a block of its own.
  goes_on_ = interrupted.repeats && next.entry == Entry::kNone && next.begin == interrupted.last;
  if (next.mode == Mode::kUser) {
    if (block.mode != Mode::kUser) LeaveKernel(next.begin);
  } else if (block.mode == Mode::kUser) {
    EnterKernel(next, interrupted, how);
  } else if (ReturnedToProgram(next, whole)) {
    // The program's first instruction was not there to execute, or something came before it.
    LeaveKernel(0);
    interrupted.of_program = true;
    interrupted.may_have_faulted = false;
    interrupted.last = 0;
    EnterKernel(next, interrupted, how);
  } else if (calls_) {
    StayInKernel(next, interrupted, how, whole);
  } else {
    task_->path.Restart(tree_.Child(0, next.Function(), How::kUnseen));
  }
}

void Tracker::Credit(const Block& block, uint64_t executed) {
  uint64_t done = 0;
  for (const BlockPart& part : block.parts) {
    if (executed == 0) break;
    const auto of_part = static_cast<uint32_t>(std::min<uint64_t>(executed, part.instructions));
    if (&part != block.parts.data()) {
      if (calls_) {
        task_->path.Jump(block.addresses[done - 1], part.function);
      } else {
        task_->path.Restart(tree_.Child(0, part.function, How::kUnseen));
      }
    }
    spot_ = tally_.Count(block, part, of_part, task_->path.Node());
    executed -= of_part;
    done += of_part;
    if (block.repeats && &part == &block.parts.back() && of_part == part.instructions) {
      string_spot_plus_1_ = 1 + tally_.CountString(task_->path.Node(), block.Last(), !goes_on_,
                                                   bytes_read_, bytes_written_);
    }
  }
  bytes_read_ = bytes_written_ = 0;
}

Segment Tracker::TaskNow() const {
  Segment task;
  task.task = task_->number;
  task.life = task_->life;
  task.seen_born = task_->seen_born;
  return task;
}

void Tracker::Divide(const Segment& next) { tally_.Cut(TaskNow(), next); }

void Tracker::DivideAtClock() {
  Segment next;
  next.cut = Cut::kClock;
  next.clock_address = clock_;
  next.mode = last_->mode;
  Divide(next);
  clock_ = 0;
}

void Tracker::SwitchSaves(uint64_t address) {
  if (saved_to_ == 0) saved_to_ = address;
}

void Tracker::SwitchLoads(uint64_t address) {
  if (saved_to_ != 0 && loaded_from_ == 0) loaded_from_ = address;
}

void Tracker::Switch() {
  if (first_ != nullptr) tasks_[saved_to_] = std::move(first_);
  const uint32_t switcher = map_.FunctionAt(map_.stack_switch.begin);
  std::unique_ptr<Task>& known = tasks_[loaded_from_];
  saved_to_ = loaded_from_ = 0;
  Segment next;
  next.cut = Cut::kSwitch;
  next.mode = Mode::kKernel;
  Divide(next);
  if (known == nullptr) {
    known.reset(new Task{.number = tasks_seen_++, .path = CallPath(tree_)});
    known->path.Restart(tree_.Child(0, switcher, How::kUnseen));
  } else if (known->ended) {
    // Its structure belongs to another task now.
    ++known->life;
    known->ended = known->seen_born = false;
    known->path.Restart(tree_.Child(0, switcher, How::kUnseen));
  }
  task_ = known.get();
}

How Tracker::HowOf(const Block& next, bool whole, bool accessed) const {
  const Block& block = *last_;
  const bool called = whole && block.flow == Flow::kSystemCall;
  switch (next.entry) {
    case Entry::kNone:
      return called ? How::kSystemCall : How::kUnseen;
    case Entry::kSystemCall:
      return How::kSystemCall;
    case Entry::kException:
      return How::kException;
    case Entry::kInterrupt:
      return How::kInterrupt;
    case Entry::kSynchronous:
      return called ? How::kSystemCall : How::kException;
    case Entry::kTrap:
      break;
  }
  if (called) return How::kSystemCall;
  // Interrupts come between blocks. An access of memory at the end of one has faulted, or is done.
  return whole && (!block.accesses_memory || accessed) ? How::kInterrupt : How::kException;
}

bool Tracker::ReturnedToProgram(const Block& next, bool whole) const {
  return calls_ && whole && last_->flow == Flow::kTrapReturn && next.entry != Entry::kNone &&
         last_->mode == Mode::kKernel && task_->path.ReturnsToProgram();
}

void Tracker::EnterKernel(const Block& next, const Interrupted& interrupted, How how) {
  Segment segment;
  segment.cut = Cut::kEnter;
  segment.mode = next.mode;
  segment.entered_by = how;
  Divide(segment);
  task_->path.Restart(0);
  if (calls_) {
    task_->path.Trap(interrupted, how, next.Function());
  } else {
    task_->path.Restart(tree_.Child(0, next.Function(), How::kUnseen));
    entered_with_ = interrupted;
  }
}

void Tracker::LeaveKernel(uint64_t address) {
  Interrupted interrupted = entered_with_;
  entered_with_ = {};
  while (task_->path.TrapReturn(interrupted)) {
  }
  Resume(interrupted, address);
  Segment segment;
  segment.cut = Cut::kLeave;
  segment.mode = Mode::kUser;
  Divide(segment);
  task_->path.Restart(tree_.Child(0, kUserSpace, How::kCall));
}

void Tracker::StayInKernel(const Block& next, const Interrupted& interrupted, How how, bool whole) {
  const Block& block = *last_;
  CallPath& path = task_->path;
  if (block.mode == Mode::kFirmware && next.mode == Mode::kFirmware) return;
  if (next.mode == Mode::kFirmware) {
    path.Trap({}, how == How::kSystemCall ? How::kSystemCall : How::kInterrupt, kFirmware);
    return;
  }
  if (block.mode == Mode::kFirmware) {
    Interrupted ignored;
    (void)path.TrapReturn(ignored);
  }
  const bool ended = whole && block.mode != Mode::kFirmware;  // by its last instruction
  if (next.entry != Entry::kNone) {
    path.Trap(interrupted, how, next.Function());
  } else if (ended && block.flow == Flow::kCall) {
    path.Call(block.Last(), block.end, next);
  } else if (ended && block.flow == Flow::kReturn) {
    ReturnTo(next);
  } else if (ended && block.flow == Flow::kTrapReturn) {
    TrapReturnTo(next);
  } else {
    path.Jump(interrupted.last, next.Function());
  }
}

void Tracker::ReturnTo(const Block& next) {
  CallPath& path = task_->path;
  if (path.Return(next)) return;
  // The first return of a task whose calls were not seen: it begins where a new task begins, or
  // goes on somewhere in the kernel.
  const bool switched = tree_.BeganUnseen(path.Node(), map_.FunctionAt(map_.stack_switch.begin));
  if (switched && next.begins_function) {
    task_->seen_born = true;
    path.Restart(tree_.Child(0, next.Function(), How::kCall));
  } else if (switched || (!path.HasCallers() && !next.begins_function)) {
    path.Restart(tree_.Child(0, next.Function(), How::kUnseen));
  } else {
    path.Jump(last_->Last(), next.Function());  // as retpolines do
  }
}

void Tracker::TrapReturnTo(const Block& next) {
  CallPath& path = task_->path;
  // iret is also a way to serialise, to the next line of the same function.
  Interrupted interrupted;
  if (next.Function() != last_->parts.back().function && path.TrapReturn(interrupted)) {
    Resume(interrupted, next.begin);
  }
  path.Jump(last_->Last(), next.Function());
}

void Tracker::Resume(const Interrupted& interrupted, uint64_t address) {
  if (address != interrupted.last) return;
  if (interrupted.may_have_faulted) {
    tally_.Correct(interrupted.segment, interrupted.spot, interrupted.string_spot_plus_1);
  }
  goes_on_ = interrupted.repeats;
}

void Tracker::Finish(uint64_t started) {
  if (last_ != nullptr) Credit(*last_, std::min<uint64_t>(started - started_, last_->instructions));
  tally_.Finish(TaskNow());
}

}  // namespace procmark::explain
