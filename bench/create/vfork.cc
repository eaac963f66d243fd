// SPDX-License-Identifier: MIT
// vfork(2): the child borrows its parent's memory while the parent sleeps.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Vfork {
  [[gnu::always_inline]] long operator()() const { return sys::RawVfork(); }
};

PROCMARK_BENCHMARKS kVfork =
    List(Creation<"vfork", "vfork(2)", Vfork>({.tags = Tag::kCore, .faults = {0, 4}}));

}  // namespace
}  // namespace procmark::subject
