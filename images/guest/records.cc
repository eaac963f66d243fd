// SPDX-License-Identifier: MIT
#include "images/guest/records.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace procmark::guest {

void Records::Send(const wire::Event& event) {
  EndLine();
  Relay(wire::Encode(event) + "\n");
}

void Records::Relay(std::string_view bytes) {
  if (muted_ || bytes.empty()) return;
  const sys::Result<void> sent = channel_.Send(bytes);
  if (!sent) throw std::runtime_error("a record could not be sent: " + sent.Failure().Text());
  lines_ += std::count(bytes.begin(), bytes.end(), '\n');
  at_line_start_ = bytes.back() == '\n';
}

void Records::EndLine() {
  if (!at_line_start_) Relay("\n");
}

}  // namespace procmark::guest
