// What this machine is: recorded with every run, shown by doctor.
#pragma once

#include <map>
#include <string>

namespace procmark::cell {

// Dotted keys: cpu.model, cpu.online, cpu.governor, kernel.release, kernel.version,
// memory.total_kib, clocksource, thp, mitigations.*, virtualisation, os … Only what could be read
// is there.
std::map<std::string, std::string> DescribeHost();

// "" when hardware counters work here, else why not (perf_event_open(2) of the instruction count).
std::string WhyNoHardwareCounters();

// "QEMU emulator version 7.2.0 (…)" of a program, or "" when it is not installed.
std::string QemuVersion(const std::string& program);

}  // namespace procmark::cell
