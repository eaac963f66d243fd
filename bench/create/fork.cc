// fork(2): a copy of the caller's memory map, whatever else it shares.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Fork {
  explicit Fork(Context&) {}
  [[gnu::always_inline]] long operator()() const { return sys::RawFork(); }
};

PROCMARK_BENCHMARKS kFork[] = {
    PROCMARK_CREATION("fork", "fork(2)", "fork", (FaultRange{1, 64}), nullptr, Fork)};

}  // namespace
}  // namespace procmark::subject
