// SPDX-License-Identifier: MIT
// The document as GitHub's Markdown.
#pragma once

#include <string>

#include "harness/report/document.h"

namespace procmark::report {

std::string RenderMarkdown(const Document& document);

}  // namespace procmark::report
