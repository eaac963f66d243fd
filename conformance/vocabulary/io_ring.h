// SPDX-License-Identifier: MIT
// IoRing: the part of io_uring that tests of pinned memory and of its workers need.
#pragma once

#include <linux/io_uring.h>
#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <string>

#include "harness/sys/fd.h"

namespace procmark::conformance {

class IoRing {
 public:
  // io_uring_setup(2) with 4 entries. Empty, with a sentence in *why, on failure.
  static std::optional<IoRing> Create(std::string* why);
  IoRing(IoRing&& other) noexcept;
  IoRing& operator=(IoRing&&) = delete;
  ~IoRing();

  // True when its workers are threads of the process (Linux 5.12), not kernel threads.
  bool HasOwnWorkers() const { return (parameters_.features & IORING_FEAT_NATIVE_WORKERS) != 0; }
  // Pins `buffer` as fixed buffer 0 (FOLL_PIN). The errno, or 0.
  int RegisterBuffer(const iovec& buffer) const;
  // Submits one request without waiting for it. The errno, or 0.
  int Submit(const io_uring_sqe& request);
  // Waits for the next completion. Its result: a count of bytes, or -errno.
  int AwaitResult();

 private:
  IoRing(sys::Fd ring, const io_uring_params& parameters) : ring_(std::move(ring)) {
    parameters_ = parameters;
  }
  bool Map();
  sys::Fd ring_;
  io_uring_params parameters_{};
  char* rings_ = nullptr;  // both rings in one mapping (IORING_FEAT_SINGLE_MMAP, Linux 5.4)
  size_t rings_bytes_ = 0;
  io_uring_sqe* requests_ = nullptr;
};

}  // namespace procmark::conformance
