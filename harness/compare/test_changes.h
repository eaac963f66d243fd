// How the conformance tests of two sides differ. Internal to compare.
#pragma once

#include "harness/compare/compare.h"

namespace procmark::compare {

// Fills comparison.tests and comparison.tests_equal, and adds what applying the expectations
// warned about. A test that was run several times on one side counts with its worst verdict.
void AddTestChanges(const Side& a, const Side& b, const Expectations& expectations,
                    Comparison& comparison);

// True for fail, timeout and crash: what makes a test count against a kernel.
bool IsBad(wire::TestVerdict verdict);
// True for pass and xpass.
bool IsGood(wire::TestVerdict verdict);

}  // namespace procmark::compare
