// SPDX-License-Identifier: MIT
#include "images/host/unpack.h"

#include <fmt/format.h>

#include "images/host/command.h"

namespace procmark::images {

namespace fs = std::filesystem;

void UnpackPackages(const fs::path& debs, const fs::path& root) {
  for (const fs::directory_entry& deb : fs::directory_iterator(debs)) {
    if (deb.path().extension() != ".deb") continue;
    RunTool(fmt::format("{} cannot be unpacked", deb.path().filename().string()),
            {"dpkg-deb", "-x", deb.path().string(), root.string()}, root);
  }
}

void RemoveDocumentation(const fs::path& root) {
  for (const char* path :
       {"usr/share/bug", "usr/share/doc", "usr/share/gdb", "usr/share/info", "usr/share/iso-codes",
        "usr/share/lintian", "usr/share/locale", "usr/share/man", "usr/share/xml"}) {
    fs::remove_all(root / path);
  }
}

void LinkToUsr(const fs::path& root, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories(root / "usr" / name);
    if (!fs::exists(fs::symlink_status(root / name))) {
      fs::create_symlink(fs::path("usr") / name, root / name);
    }
  }
}

}  // namespace procmark::images
