// SPDX-License-Identifier: MIT
#include "harness/cli/version.h"

#include <fmt/format.h>

#include <string_view>

namespace procmark::cli {

std::string VersionText(const Commit& commit) {
  const std::string_view id = commit.id;
  return fmt::format("{} ({}{})", PROCMARK_VERSION, id.empty() ? "unknown commit" : id,
                     commit.modified ? ", modified" : "");
}

}  // namespace procmark::cli
