// vfork(2): the child borrows the caller's memory while the caller sleeps.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Vfork {
  explicit Vfork(Context&) {}
  [[gnu::always_inline]] long operator()() const { return sys::RawVfork(); }
};

PROCMARK_BENCHMARKS kVfork[] = {
    PROCMARK_CREATION("vfork", "vfork(2)", "vfork", (FaultRange{0, 4}), nullptr, Vfork)};

}  // namespace
}  // namespace procmark::subject
