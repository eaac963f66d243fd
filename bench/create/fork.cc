// SPDX-License-Identifier: MIT
// fork(2): the child gets a copy of its parent's memory map.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Fork {
  [[gnu::always_inline]] long operator()() const { return sys::RawFork(); }
};

PROCMARK_BENCHMARKS kFork =
    List(Creation<"fork", "fork(2)", Fork>({.tags = Tag::kCore, .faults = {1, 64}}));

}  // namespace
}  // namespace procmark::subject
