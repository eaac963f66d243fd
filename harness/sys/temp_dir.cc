#include "harness/sys/temp_dir.h"

#include <cstdlib>
#include <string>

namespace procmark::sys {

Result<TempDir> TempDir::Create() {
  const char* parent = std::getenv("TMPDIR");
  return CreateIn(parent != nullptr && *parent != '\0' ? parent : "/tmp");
}

Result<TempDir> TempDir::CreateIn(const std::filesystem::path& parent) {
  std::string name = (parent / "procmark-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return LastError("mkdtemp");
  return TempDir(name);
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace procmark::sys
