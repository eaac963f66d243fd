// SPDX-License-Identifier: MIT
#include "images/host/debian_package.h"

#include <algorithm>
#include <cctype>

namespace procmark::images {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// deb-version(7): "~" sorts before everything, even the end; letters before other characters.
int Order(std::string_view text, size_t at) {
  if (at >= text.size() || IsDigit(text[at])) return 0;
  const char c = text[at];
  if (c == '~') return -1;
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter ? c : c + 256;
}

int CompareParts(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !IsDigit(a[i])) || (j < b.size() && !IsDigit(b[j]))) {
      const int difference = Order(a, i) - Order(b, j);
      if (difference != 0) return difference;
      ++i;
      ++j;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    int first = 0;
    while (i < a.size() && IsDigit(a[i]) && j < b.size() && IsDigit(b[j])) {
      if (first == 0) first = a[i] - b[j];
      ++i;
      ++j;
    }
    if (i < a.size() && IsDigit(a[i])) return 1;
    if (j < b.size() && IsDigit(b[j])) return -1;
    if (first != 0) return first;
  }
  return 0;
}

struct Version {
  std::string_view epoch = "0";
  std::string_view upstream;
  std::string_view revision = "0";
};

Version Split(std::string_view text) {
  Version version;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    version.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (const size_t dash = text.rfind('-'); dash != std::string_view::npos) {
    version.revision = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  version.upstream = text;
  return version;
}

void Assign(DebianPackage& package, std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string_view field = line.substr(0, colon);
  const std::string value(line.substr(colon + 2));
  if (field == "Package") package.name = value;
  if (field == "Version") package.version = value;
  if (field == "Architecture") package.arch = value;
  if (field == "Depends") package.depends = value;
  if (field == "SHA256") package.sha256 = value;
}

}  // namespace

std::vector<DebianPackage> ParseStanzas(std::string_view text) {
  std::vector<DebianPackage> packages;
  DebianPackage package;
  const auto finish = [&] {
    if (!package.name.empty() && !package.version.empty()) packages.push_back(package);
    package = {};
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      finish();
    } else if (line[0] != ' ' && line[0] != '\t') {
      Assign(package, line);
    }
  }
  finish();
  return packages;
}

int CompareDebianVersions(std::string_view a, std::string_view b) {
  const Version left = Split(a);
  const Version right = Split(b);
  if (const int epoch = CompareParts(left.epoch, right.epoch); epoch != 0) return epoch;
  if (const int upstream = CompareParts(left.upstream, right.upstream); upstream != 0) {
    return upstream;
  }
  return CompareParts(left.revision, right.revision);
}

}  // namespace procmark::images
