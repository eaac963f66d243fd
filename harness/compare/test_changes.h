// SPDX-License-Identifier: MIT
// How the conformance tests of two sides differ. Internal to compare.
#pragma once

#include "harness/compare/comparison.h"
#include "harness/compare/expectations.h"
#include "harness/compare/side.h"

namespace procmark::compare {

// Fills comparison.tests and comparison.tests_equal. Warns about tests that only side a ran. If a
// side ran a test several times, its worst verdict counts.
void AddTestChanges(const Side& a, const Side& b, const Expectations& expectations,
                    Comparison& comparison);

// True for fail, timeout and crash.
bool IsBad(wire::TestVerdict verdict);
// True for pass and xpass.
bool IsGood(wire::TestVerdict verdict);

}  // namespace procmark::compare
