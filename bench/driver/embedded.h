// SPDX-License-Identifier: MIT
// The programs that procmark-bench carries as bytes. So one file is all that is needed to measure,
// natively and in a guest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procmark::bench {

struct Embedded {
  std::string name;        // "procmark-subject-raw-create"
  std::string_view image;  // a static ELF executable; empty if this architecture cannot have it
};

// The subjects and the limits, in the order in which their benchmarks are listed.
const std::vector<Embedded>& MeasuringPrograms();

// The program of that name. Throws Complaint (lost) if there is none.
const Embedded& EmbeddedProgram(std::string_view name);

}  // namespace procmark::bench
