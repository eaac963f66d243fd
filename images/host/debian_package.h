// SPDX-License-Identifier: MIT
// DebianPackage: one stanza of apt-cache show, and how Debian orders versions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procmark::images {

struct DebianPackage {
  std::string name;
  std::string version;
  std::string arch;
  std::string depends;
  std::string sha256;
};

// Stanzas are separated by empty lines; continuation lines begin with a space (deb822(5)). Stanzas
// without a name or a version are left out.
std::vector<DebianPackage> ParseStanzas(std::string_view text);

// < 0, 0, > 0 as a is older than, equal to, newer than b (deb-version(7)).
int CompareDebianVersions(std::string_view a, std::string_view b);

}  // namespace procmark::images
