// The table of faults and of the tests that catch each: faults.json.
#pragma once

#include <string>
#include <vector>

namespace procmark::mutation {

struct FaultRow {
  std::string name;
  std::string sentence;
  std::string breaks;
  bool traced = false;
  std::vector<std::string> pinned;  // few and quick: what `check-faults` runs
  std::vector<std::string> caught_by;
};

// Throws sys::Complaint (usage) for a file that cannot be read or is no such table.
std::vector<FaultRow> ReadFaultTable(const std::string& path);
// Throws sys::Complaint (lost) when the file cannot be written.
void WriteFaultTable(const std::string& path, const std::vector<FaultRow>& rows);

// The rows of `procmark-fault --list`, with no tests. Throws sys::Complaint (lost).
std::vector<FaultRow> ListFaults(const std::string& fault_program);

// The whole text of a file. Throws sys::Complaint (usage).
std::string ReadText(const std::string& path);

}  // namespace procmark::mutation
