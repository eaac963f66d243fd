// SPDX-License-Identifier: MIT
// faults.json: the faults, and the tests that catch each. A test catches a fault when it fails on
// the kernel with this fault.
#pragma once

#include <string>
#include <vector>

namespace procmark::mutation {

struct FaultRow {
  std::string name;
  std::string sentence;
  std::string breaks;
  bool traced = false;
  std::vector<std::string> pinned;     // the few tests that check-faults runs
  std::vector<std::string> caught_by;  // all tests that catch it
};

// Throws sys::Complaint (usage) for a file that cannot be read or is not a table of faults.
std::vector<FaultRow> ReadFaultTable(const std::string& path);
// Throws sys::Complaint (lost) when the file cannot be written.
void WriteFaultTable(const std::string& path, const std::vector<FaultRow>& rows);

// The faults of `procmark-fault --list`, without tests. Throws sys::Complaint (lost) when it fails.
std::vector<FaultRow> ListFaults(const std::string& fault_program);

// The text of a file. Throws sys::Complaint (usage) when it cannot be read.
std::string ReadText(const std::string& path);

}  // namespace procmark::mutation
