// SPDX-License-Identifier: MIT
// The document for a terminal.
#pragma once

#include <string>

#include "harness/report/document.h"

namespace procmark::report {

// Aligned columns without escape sequences; lines are as long as their content. Sections are in
// reverse order and the headline comes last, because the last lines stay visible on a terminal.
std::string RenderText(const Document& document);

}  // namespace procmark::report
