// SPDX-License-Identifier: MIT
// The flags of clone3(2) above bit 31, which the C library does not name.
#pragma once

#include <cstdint>

namespace procmark::conformance {

// include/uapi/linux/sched.h, with the first kernel that has the flag.
inline constexpr uint64_t kCloneClearSighand = uint64_t{1} << 32;   // Linux 5.5
inline constexpr uint64_t kCloneIntoCgroup = uint64_t{1} << 33;     // Linux 5.7
inline constexpr uint64_t kCloneAutoreap = uint64_t{1} << 34;       // Linux 7.1
inline constexpr uint64_t kCloneNnp = uint64_t{1} << 35;            // Linux 7.1
inline constexpr uint64_t kClonePidfdAutokill = uint64_t{1} << 36;  // Linux 7.1
inline constexpr uint64_t kCloneEmptyMntns = uint64_t{1} << 37;     // Linux 7.1

}  // namespace procmark::conformance
