// SPDX-License-Identifier: MIT
// The runner chooses tests, runs them in parallel and reports each on the terminal and the wire.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/isolation.h"
#include "conformance/runner/surroundings.h"
#include "conformance/vocabulary/promise.h"
#include "harness/wire/stream.h"

namespace procmark::conformance {

struct RunnerOptions {
  int jobs = 1;
  long long deadline_ms = 0;
  Surroundings surroundings = {};
};

// The tests that `filter` selects, in the order of their declaration. Without a filter
// (filter_given is false) these are the tests with the tag core. A test with the tag broken is
// selected only by a pattern that begins with its suite.
std::vector<const DeclaredPromise*> ChooseTests(const std::string& filter, bool filter_given);

// Runs each test once. Returns true when none failed, timed out or crashed. Throws sys::Complaint
// (lost) when a test cannot be started.
bool RunTests(const std::vector<const DeclaredPromise*>& tests, const RunnerOptions& options,
              const IsolationChoice& isolation, wire::EventWriter* wire);

// The number of CPUs that this process may use, at least 1.
int UsableCpus();

}  // namespace procmark::conformance
