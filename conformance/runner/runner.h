// The runner: chooses tests, runs them side by side, reports them on the terminal and on the wire.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/isolation.h"
#include "conformance/vocabulary/promise.h"
#include "harness/wire/stream.h"

namespace procmark::conformance {

struct RunnerOptions {
  int jobs = 1;
  long long deadline_ms = 0;
};

// The tests that a filter asks for, sorted as declared. Without a filter ("" or "*" untouched):
// those tagged core. A test tagged broken is chosen only by a pattern that names its suite.
std::vector<const DeclaredPromise*> ChooseTests(const std::string& filter, bool filter_given);

// Runs them all once. True when none failed, timed out or crashed. Throws sys::Complaint (lost)
// when the machine cannot run tests.
bool RunTests(const std::vector<const DeclaredPromise*>& tests, const RunnerOptions& options,
              const IsolationChoice& isolation, wire::EventWriter* wire);

// The CPUs that this process may use, at least 1.
int UsableCpus();

}  // namespace procmark::conformance
