// SPDX-License-Identifier: MIT
#include "bench/driver/shape_name.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::bench {
namespace {

using subject::MemoryKind;
using subject::PageKind;
using subject::Policy;
using subject::Shape;

// Sets the parameter's value in the shape and returns in words what the subject then has.
using Apply = std::function<std::string(const std::string& value, Shape& shape)>;

int64_t RequireCount(const std::string& key, const std::string& text, int64_t least, int64_t most) {
  return sys::RequireNumber("the parameter " + key + ":", text, least, most);
}

Apply Count(const char* key, uint32_t Shape::*member, int64_t most, const char* words) {
  return [=](const std::string& value, Shape& shape) {
    shape.*member = static_cast<uint32_t>(RequireCount(key, value, 1, most));
    return value + " " + words;
  };
}

template <typename Value>
struct Choice {
  Value value;
  const char* words;
};

// Stores the chosen value in `chosen` and returns its words.
template <typename Value>
std::string Choose(const char* key, const std::string& value,
                   const std::map<std::string, Choice<Value>>& choices, Value& chosen) {
  const auto found = choices.find(value);
  if (found != choices.end()) {
    chosen = found->second.value;
    return found->second.words;
  }
  std::string known;
  for (const auto& [name, choice] : choices) known += (known.empty() ? "" : ", ") + name;
  sys::ThrowUsage(std::string("the parameter ") + key + ": takes one of " + known + ", not '" +
                  value + "'");
}

std::string ApplyRss(const std::string& value, Shape& shape) {
  shape.rss_bytes = ParseBytes("rss", value);
  return value + "iB of memory more, all of it resident";
}

bool BeginsWithDigit(const std::string& value) {
  return !value.empty() && value.front() >= '0' && value.front() <= '9';
}

std::string ApplyPage(const std::string& value, Shape& shape) {
  if (BeginsWithDigit(value)) {
    shape.page = PageKind::kMultiSize;
    shape.page_bytes = ParseBytes("page", value);
    if ((shape.page_bytes & (shape.page_bytes - 1)) != 0)
      sys::ThrowUsage("the parameter page: takes a power of two, thp or hugetlb, not '" + value +
                      "'");
    return "that memory in multi-size huge pages of " + value + "iB";
  }
  return Choose<PageKind>(
      "page", value,
      {{"thp", {PageKind::kTransparentHuge, "that memory in transparent huge pages"}},
       {"hugetlb", {PageKind::kHugetlb, "that memory in pages of the hugetlb pool"}}},
      shape.page);
}

std::string ApplyMemory(const std::string& value, Shape& shape) {
  return Choose<MemoryKind>(
      "memory", value,
      {{"shared", {MemoryKind::kShared, "that memory shared (MAP_SHARED)"}},
       {"dontfork", {MemoryKind::kDontFork, "that memory under MADV_DONTFORK"}},
       {"wipeonfork", {MemoryKind::kWipeOnFork, "that memory under MADV_WIPEONFORK"}},
       {"locked", {MemoryKind::kLocked, "that memory locked by mlock(2)"}},
       {"file", {MemoryKind::kFile, "that memory as a private mapping of a file, only read"}}},
      shape.memory);
}

std::string ApplyCpu(const std::string& value, Shape& shape) {
  if (BeginsWithDigit(value)) {
    constexpr int64_t kMostCpus = 8192;
    shape.pin =
        subject::kFirstCpu + static_cast<uint32_t>(RequireCount("cpu", value, 0, kMostCpus - 1));
    return "itself and its children pinned to CPU " + value;
  }
  return Choose<uint32_t>(
      "cpu", value, {{"same", {subject::kAnyOneCpu, "itself and its children pinned to one CPU"}}},
      shape.pin);
}

std::string ApplyPolicy(const std::string& value, Shape& shape) {
  return Choose<Policy>(
      "policy", value,
      {{"fifo", {Policy::kFifo, "the policy SCHED_FIFO"}},
       {"rr", {Policy::kRoundRobin, "the policy SCHED_RR"}},
       {"batch", {Policy::kBatch, "the policy SCHED_BATCH"}},
       {"deadline", {Policy::kDeadline, "the policy SCHED_DEADLINE, reset on fork"}},
       {"idle", {Policy::kIdle, "the policy SCHED_IDLE"}}},
      shape.policy);
}

const std::map<std::string, Apply>& Parameters() {
  static const std::map<std::string, Apply> parameters = {
      {"rss", ApplyRss},
      {"page", ApplyPage},
      {"memory", ApplyMemory},
      {"vmas", Count("vmas", &Shape::vmas, 1'000'000, "mappings more, of one untouched page each")},
      {"fds", Count("fds", &Shape::fds, 1'000'000, "open descriptors more")},
      {"cloexec", Count("cloexec", &Shape::cloexec, 1'000'000, "close-on-exec descriptors more")},
      {"threads", Count("threads", &Shape::threads, 100'000, "sleeping threads more")},
      {"zombies", Count("zombies", &Shape::zombies, 1'000'000, "zombies as children")},
      {"siblings", Count("siblings", &Shape::siblings, 100'000, "sleeping children")},
      {"seccomp", Count("seccomp", &Shape::seccomp, 64, "seccomp filters that allow everything")},
      {"cgroups", Count("cgroups", &Shape::cgroups, 64, "cgroups (version 2) nested around it")},
      {"pidns", Count("pidns", &Shape::namespaces, 31, "pid namespaces nested around it")},
      {"cpu", ApplyCpu},
      {"policy", ApplyPolicy}};
  return parameters;
}

// The one parameter of a benchmark whose key is a shape's.
bool IsOwn(const std::string& part) { return part == "cpu:other"; }

}  // namespace

uint64_t ParseBytes(const std::string& key, const std::string& text) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const std::optional<int64_t> bytes = sys::ParseBytes(text);
  if (bytes && *bytes >= 1 && *bytes <= kMost) return static_cast<uint64_t>(*bytes);
  sys::ThrowUsage("the parameter " + key +
                  ": takes a number from 1 to 1T, such as 4096, 64K, 16M or 1G, not '" + text +
                  "'");
}

ShapedName ParseShapedName(const std::string& name) {
  ShapedName parsed;
  std::set<std::string> seen;
  for (const std::string& part : sys::Split(name, '/')) {
    const size_t colon = part.find(':');
    const std::string key = part.substr(0, colon);
    const auto parameter = Parameters().find(key);
    if (colon == std::string::npos || parameter == Parameters().end() || IsOwn(part)) {
      parsed.base += (parsed.base.empty() ? "" : "/") + part;
      continue;
    }
    if (!seen.insert(key).second) sys::ThrowUsage("'" + name + "' has " + key + ": twice");
    parsed.shaped = true;
    if (!parsed.words.empty()) parsed.words += ", ";
    parsed.words += parameter->second(part.substr(colon + 1), parsed.shape);
  }
  if ((seen.contains("page") || seen.contains("memory")) && !seen.contains("rss"))
    sys::ThrowUsage("'" + name + "' tells the kind of memory but not how much: add rss:");
  const bool mapped =
      parsed.shape.memory == MemoryKind::kShared || parsed.shape.memory == MemoryKind::kFile;
  if (mapped && parsed.shape.page != PageKind::kSmall)
    sys::ThrowUsage("'" + name +
                    "' asks for huge pages of shared or file memory: page: is for private memory");
  return parsed;
}

std::string InsertParameters(const std::string& base, const std::string& parameters) {
  const size_t from = base.find("/from:");
  const size_t to = base.find("/to:");
  const size_t at = std::min({from, to, base.size()});
  return base.substr(0, at) + "/" + parameters + base.substr(at);
}

}  // namespace procmark::bench
