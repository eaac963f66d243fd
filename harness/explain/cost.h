// SPDX-License-Identifier: MIT
// Cost: what instructions come to, by each way of counting them.
#pragma once

#include <cstdint>

namespace procmark::explain {

struct Cost {
  int64_t elapsed = 0;  // as QEMU's clock counts: each iteration of a string instruction is one
  int64_t retired = 0;  // as a CPU counts: a string instruction is one, however often it repeats
  // What string instructions moved.
  int64_t bytes_set = 0;
  int64_t bytes_copied = 0;
  int64_t bytes_scanned = 0;

  Cost& operator+=(const Cost& other) {
    elapsed += other.elapsed;
    retired += other.retired;
    bytes_set += other.bytes_set;
    bytes_copied += other.bytes_copied;
    bytes_scanned += other.bytes_scanned;
    return *this;
  }
  Cost& operator-=(const Cost& other) {
    elapsed -= other.elapsed;
    retired -= other.retired;
    bytes_set -= other.bytes_set;
    bytes_copied -= other.bytes_copied;
    bytes_scanned -= other.bytes_scanned;
    return *this;
  }
  friend Cost operator-(Cost a, const Cost& b) { return a -= b; }
  friend Cost operator+(Cost a, const Cost& b) { return a += b; }
  friend bool operator==(const Cost&, const Cost&) = default;
};

}  // namespace procmark::explain
