// SPDX-License-Identifier: MIT
#include "harness/sys/result.h"

#include <cerrno>
#include <cstring>

namespace procmark::sys {

std::string Error::Text() const {
  return std::string(operation) + ": " + std::strerror(error_number) + " (" +
         std::to_string(error_number) + ")";
}

Error LastError(const char* operation) { return Error{operation, errno}; }

}  // namespace procmark::sys
