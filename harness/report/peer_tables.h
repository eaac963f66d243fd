// Other tools' numbers beside ours, in each format. Internal to report.
#pragma once

#include <string>

#include "harness/report/report.h"

namespace procmark::report {

// "" when no peer was measured.
std::string TextPeers(const Report& report);
std::string MarkdownPeers(const Report& report);
std::string HtmlPeers(const Report& report);

}  // namespace procmark::report
