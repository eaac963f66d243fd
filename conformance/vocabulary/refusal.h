// SPDX-License-Identifier: MIT
// System calls that this machine refuses to every process, such as clone3(2) in a container with an
// old seccomp filter. A test that met such a refusal says nothing about the kernel, so the runner
// skips it instead of failing it. The helpers note each refusal; the runner knows which are
// general.
#pragma once

namespace procmark::conformance {

enum class Refusal {
  kClone3,  // ENOSYS or EPERM
  kPtrace,  // EPERM
};

// Notes that the calling process met the refusal. All processes of a test share the notes, except
// after an exec. Keeps errno. Async-signal-safe.
void NoteRefusal(Refusal refusal);

// The notes of one test. The runner makes them before it forks the test's reaper.
class RefusalNotes {
 public:
  // Throws std::system_error when there is no memory.
  RefusalNotes();
  ~RefusalNotes();
  RefusalNotes(const RefusalNotes&) = delete;
  RefusalNotes& operator=(const RefusalNotes&) = delete;
  // NoteRefusal() of this process and of those that it forks writes here from now on.
  void Use() const;
  bool Has(Refusal refusal) const;

 private:
  void* page_;
};

}  // namespace procmark::conformance
