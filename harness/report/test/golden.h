// SPDX-License-Identifier: MIT
// Compares text with a golden file. After a change that is wanted, set PROCMARK_WRITE_GOLDEN=1 to
// write the golden files again, and read their diff.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace procmark::report {

inline void ExpectGolden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(PROCMARK_GOLDEN) / name;
  if (std::getenv("PROCMARK_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << name << " differs; PROCMARK_WRITE_GOLDEN=1 writes it again";
}

// Checks with libxml2 that `text` is well-formed XML.
inline void ExpectWellFormed(const std::string& text) {
  if (!std::filesystem::exists("/usr/bin/xmllint")) {
    GTEST_SKIP() << "xmllint is not installed (Debian: libxml2-utils)";
  }
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("procmark-" + std::to_string(getpid()) + ".xml");
  std::ofstream(path, std::ios::binary) << text;
  const int status = std::system(("/usr/bin/xmllint --noout --nonet " + path.string()).c_str());
  std::filesystem::remove(path);
  EXPECT_EQ(status, 0);
}

}  // namespace procmark::report
