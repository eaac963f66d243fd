// SPDX-License-Identifier: MIT
// Where in procmark-init a settled guest stops and finds its job (guest/handover.h): read from the
// symbol table of the program that is packed.
#pragma once

#include <cstdint>
#include <filesystem>

namespace procmark::images {

struct HandoverSymbols {
  uint64_t stop = 0;       // virtual address of the instruction to stop at
  uint64_t job = 0;        // of the buffer
  uint64_t job_bytes = 0;  // its size
};

// Throws Complaint (usage) when `init` is no ELF program that has both symbols.
HandoverSymbols ReadHandoverSymbols(const std::filesystem::path& init);

}  // namespace procmark::images
