// SPDX-License-Identifier: MIT
// BootFacts: what a guest reports about its kernel before anything is measured.
#pragma once

#include <cstdint>
#include <string>

#include "harness/wire/event.h"

namespace procmark::guest {

// Reads uname(2), /proc/cmdline, the clocksource, the mitigations (one fact for each file of
// /sys/devices/system/cpu/vulnerabilities, as "mitigation.NAME"), the transparent huge page mode,
// the page size, memory and CPUs. A fact that this kernel does not have is left out.
// Needs /proc and /sys.
wire::Boot ReadBootFacts();

// The kernel's taint flags (/proc/sys/kernel/tainted); 0 when they cannot be read.
int64_t ReadTainted();

// The value of NAME= on a kernel command line; "" when it is not there. The last one wins.
std::string CommandLineValue(const std::string& command_line, const std::string& name);

}  // namespace procmark::guest
