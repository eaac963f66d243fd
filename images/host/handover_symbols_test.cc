// SPDX-License-Identifier: MIT
#include "images/host/handover_symbols.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "harness/sys/complaint.h"

// clang's AddressSanitizer counts the zone it puts behind an object as part of it.
#ifdef __clang__
#define PROCMARK_NO_ZONE [[clang::no_sanitize("address")]]
#else
#define PROCMARK_NO_ZONE
#endif

// The symbols are looked for in this very program.
extern "C" {
extern char procmark_job[4096];
PROCMARK_NO_ZONE char procmark_job[4096] = {};
extern const char procmark_handover;
const char procmark_handover = 0;
}

namespace procmark::images {
namespace {

TEST(HandoverSymbols, AreReadFromTheSymbolTable) {
  const HandoverSymbols symbols =
      ReadHandoverSymbols(std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(symbols.job_bytes, sizeof(procmark_job));
  EXPECT_NE(symbols.job, 0U);
  // A position-independent program is moved as a whole.
  EXPECT_EQ(static_cast<int64_t>(symbols.stop - symbols.job), &procmark_handover - procmark_job);
}

TEST(HandoverSymbols, AProgramWithoutThemIsRefused) {
  EXPECT_THROW(ReadHandoverSymbols("/bin/sh"), sys::Complaint);
  EXPECT_THROW(ReadHandoverSymbols("/proc/self/status"), sys::Complaint);
  EXPECT_THROW(ReadHandoverSymbols("/nonexistent"), sys::Complaint);
}

}  // namespace
}  // namespace procmark::images
