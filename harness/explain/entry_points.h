// SPDX-License-Identifier: MIT
// How hardware enters a kernel of each architecture, and where the kernel switches stacks, by the
// names of its functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/explain/code_map.h"

namespace procmark::explain {

struct NamedAddress {
  std::string_view name;
  AddressRange range;
};

// Fills all members of `map` except for `starts`. `code` is sorted by address. An architecture
// without a call tree (HasCallTree()) gets no entry points.
void DescribeArchitecture(const std::string& arch, std::span<const NamedAddress> code,
                          CodeMap& map);

}  // namespace procmark::explain
