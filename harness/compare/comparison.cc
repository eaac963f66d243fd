// The names of verdicts and states, as reports show them.
#include "harness/compare/comparison.h"

namespace procmark::compare {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentical:
      return "identical";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kChanged:
      return "changed";
    case Verdict::kImproved:
      return "improved";
    case Verdict::kRegressed:
      return "regressed";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kNotDeterministic:
      return "not deterministic";
    case Verdict::kShown:
      return "shown";
  }
  return "";
}

const char* MethodName(Method method) {
  switch (method) {
    case Method::kPaired:
      return "paired";
    case Method::kUnpaired:
      return "unpaired";
    case Method::kExact:
      return "exact";
    case Method::kNone:
      return "none";
  }
  return "";
}

const char* TestChangeName(TestChange::Kind kind) {
  switch (kind) {
    case TestChange::Kind::kRegressed:
      return "regressed";
    case TestChange::Kind::kFixed:
      return "fixed";
    case TestChange::Kind::kChanged:
      return "changed";
    case TestChange::Kind::kOnlyInA:
      return "only in a";
    case TestChange::Kind::kOnlyInB:
      return "only in b";
  }
  return "";
}

const char* SlopeStateName(SlopeChange::State state) {
  switch (state) {
    case SlopeChange::State::kSteeper:
      return "steeper";
    case SlopeChange::State::kFlatter:
      return "flatter";
    case SlopeChange::State::kUnchanged:
      return "unchanged";
    case SlopeChange::State::kUnclear:
      return "unclear";
    case SlopeChange::State::kShown:
      return "shown";
  }
  return "";
}

}  // namespace procmark::compare
