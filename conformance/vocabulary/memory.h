// SPDX-License-Identifier: MIT
// Anonymous memory, and memory for the stack of a cloned child.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// `bytes` of zeros that can be read and written, by mmap(2); `how` is MAP_PRIVATE or MAP_SHARED.
// The end of the test's process unmaps it. Throws std::system_error.
inline char* NewMemory(size_t bytes, int how = MAP_PRIVATE) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ThrowErrno("mmap", errno);
  return static_cast<char*>(memory);
}

// Memory for the stack of a child by clone(2); unmapped at the end of scope.
class StackMemory {
 public:
  static constexpr size_t kBytes = 128 * 1024;

  StackMemory() : memory_(NewMemory(kBytes)) {}
  ~StackMemory() { ::munmap(memory_, kBytes); }
  StackMemory(const StackMemory&) = delete;
  StackMemory& operator=(const StackMemory&) = delete;

  char* Bottom() const { return memory_; }
  // What clone(2) takes: stacks grow down.
  char* Top() const { return memory_ + kBytes; }

 private:
  char* memory_;
};

}  // namespace procmark::conformance
