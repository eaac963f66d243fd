// SPDX-License-Identifier: MIT
#include "lint/allowed.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace procmark::lint {

std::vector<Offence> OffencesOfTree(
    const std::function<std::vector<Offence>(const SourceFile&)>& offences) {
  std::vector<Offence> all;
  for (const SourceFile& file : ReadTree(ProjectRoot())) {
    for (Offence& offence : offences(file)) all.push_back(std::move(offence));
  }
  return all;
}

std::string NotAllowed(const std::string& rule, const std::vector<Offence>& offences) {
  std::ostringstream allowed;
  allowed << std::ifstream(ProjectRoot() / "lint" / "allowed.txt").rdbuf();
  return NotAllowedBy(allowed.str(), rule, offences);
}

std::string NotAllowedBy(const std::string& allowed, const std::string& rule,
                         const std::vector<Offence>& offences) {
  std::set<std::string> files;
  std::istringstream lines(allowed);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string of_rule;
    std::string path;
    if (words >> of_rule >> path && of_rule == rule) files.insert(path);
  }
  std::set<std::string> needed;
  std::string found;
  for (const Offence& offence : offences) {
    const auto covers = [&offence](const std::string& path) {
      return path == offence.path || (path.ends_with('/') && offence.path.starts_with(path));
    };
    const auto allowing = std::find_if(files.begin(), files.end(), covers);
    if (allowing != files.end()) {
      needed.insert(*allowing);
      continue;
    }
    std::string place = offence.path;
    if (offence.line > 0) place += ":" + std::to_string(offence.line);
    found += place + ": " + offence.what + "\n";
  }
  for (const std::string& path : files) {
    if (!needed.contains(path)) {
      found += path + " keeps the rule " + rule + ": remove its line from lint/allowed.txt\n";
    }
  }
  return found;
}

}  // namespace procmark::lint
