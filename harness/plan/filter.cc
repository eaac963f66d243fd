// SPDX-License-Identifier: MIT
#include "harness/plan/filter.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/sys/complaint.h"

namespace procmark::plan {
namespace {

re2::RE2::Options Quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);  // the complaint quotes them
  return options;
}

}  // namespace

Filter::Filter(const std::string& pattern, std::string_view origin)
    : expression_(std::make_unique<re2::RE2>(pattern, Quiet())) {
  if (!expression_->ok()) {
    sys::ThrowUsage(fmt::format("{} '{}' is not a regular expression: {} (RE2 syntax)", origin,
                                pattern, expression_->error()));
  }
}

Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

bool Filter::IsFoundIn(std::string_view name) const {
  return re2::RE2::PartialMatch({name.data(), name.size()}, *expression_);
}

}  // namespace procmark::plan
