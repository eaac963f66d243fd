// SPDX-License-Identifier: MIT
// What this machine is: recorded with every run, shown by doctor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace procmark::cell {

// Dotted keys: cpu.model, cpu.online, cpu.governor, kernel.release, kernel.version,
// memory.total_kib, clocksource, thp, mitigations.*, virtualisation, os … Only what could be read
// is there.
std::map<std::string, std::string> DescribeHost();

// The time that this machine's own hypervisor took from it since boot, in ticks of 1/100 s, of the
// first line of /proc/stat (proc_stat(5), "steal"); 0 when it cannot be read.
int64_t StolenTicks();

// "" when hardware counters work here, else why not (perf_event_open(2) of the instruction count).
std::string WhyNoHardwareCounters();

// The file that execvp(3) would start for `program`; `program` itself when there is none.
std::filesystem::path FindOnPath(const std::string& program);

// "QEMU emulator version 7.2.0 (…)" of a program, or "" when it is not installed.
std::string QemuVersion(const std::string& program);

}  // namespace procmark::cell
