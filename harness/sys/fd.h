// SPDX-License-Identifier: MIT
// Fd: the only owner of a file descriptor.
#pragma once

#include <utility>

#include "harness/sys/result.h"

namespace procmark::sys {

// Owns one descriptor and closes it. Move-only. Async-signal-safe.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Close(); }

  int Get() const { return number_; }
  bool Valid() const { return number_ >= 0; }
  // Gives the descriptor up without closing it.
  int Release() { return std::exchange(number_, -1); }
  void Close();

  // The same open file description under a new close-on-exec number (dup3(2) semantics).
  Result<Fd> Duplicate() const;

 private:
  int number_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
  // pipe2(2) with O_CLOEXEC.
  static Result<Pipe> Create();
};

// Writes all `size` bytes, restarting after EINTR and short writes. Async-signal-safe.
Result<void> WriteAll(int fd, const void* data, unsigned long size);

// Sets or clears FD_CLOEXEC.
Result<void> SetCloseOnExec(int fd, bool close_on_exec);

}  // namespace procmark::sys
