// SPDX-License-Identifier: MIT
// SHA-256 of bytes and files, by OpenSSL's libcrypto (host only: the programs never hash).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "harness/sys/result.h"

namespace procmark::sys {

// An incremental digest (FIPS 180-4).
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  void Add(std::string_view bytes);
  // Lower-case hexadecimal, 64 characters, of all that was added so far; adding may go on.
  std::string Hex() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The digest of a file's content; errors of open(2) and read(2).
Result<std::string> Sha256OfFile(const std::filesystem::path& path);

}  // namespace procmark::sys
