// SPDX-License-Identifier: MIT
// Other users, for tests that run as root.
#pragma once

#include <gtest/gtest.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// An ordinary user and group of no account.
inline constexpr uid_t kOrdinaryUid = 54321;

// Becomes that user and group, real, effective and saved. False on failure.
inline bool BecomeOrdinaryUser() {
  return ::setresgid(kOrdinaryUid, kOrdinaryUid, kOrdinaryUid) == 0 &&
         ::setresuid(kOrdinaryUid, kOrdinaryUid, kOrdinaryUid) == 0;
}

// A random user who runs nothing else on the whole machine, so that the limits of a user
// (RLIMIT_NPROC) count this test's processes only. Throws std::system_error.
inline uid_t UnusedUid() {
  uid_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    ThrowErrno("getrandom", errno);
  }
  return 0x20000000U + random % 0x40000000U;
}

}  // namespace procmark::conformance
