// SPDX-License-Identifier: MIT
// An explanation as JSON: what is stored beside a run, and read again to be compared.
// results/schema/explanation.md describes it for readers of stored runs.
#pragma once

#include <string>
#include <string_view>

#include "harness/explain/explanation.h"

namespace procmark::explain {

std::string ToJson(const Explanation& explanation);

// Throws std::runtime_error with a sentence when `text` is not what ToJson() gives, or when its
// parts do not add up to its sample.
Explanation FromJson(std::string_view text);

}  // namespace procmark::explain
