// SPDX-License-Identifier: MIT
// TestFolder: a temporary folder of one unit test, with files made in one line.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/sys/temp_dir.h"

namespace procmark::images {

class TestFolder {
 public:
  TestFolder() : folder_(sys::TempDir::Create().Value()) {}
  const std::filesystem::path& Path() const { return folder_.Path(); }

  std::filesystem::path Write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = Path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  sys::TempDir folder_;
};

}  // namespace procmark::images
