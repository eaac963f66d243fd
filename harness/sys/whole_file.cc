// SPDX-License-Identifier: MIT
#include "harness/sys/whole_file.h"

#include <array>
#include <fstream>

#include "harness/sys/complaint.h"

namespace procmark::sys {

std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string content;
  std::array<char, 65536> part;
  while (stream.read(part.data(), part.size()), stream.gcount() > 0) {
    content.append(part.data(), static_cast<size_t>(stream.gcount()));
  }
  if (!stream.eof()) ThrowLost("cannot read " + path.string());
  return content;
}

void WriteWholeFile(const std::filesystem::path& path, std::string_view content) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  if (!stream) ThrowLost("cannot write " + path.string() + ": is the disk full?");
}

}  // namespace procmark::sys
