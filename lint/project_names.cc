// SPDX-License-Identifier: MIT
#include "lint/project_names.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "lint/markdown.h"

namespace procmark::lint {
namespace fs = std::filesystem;

namespace {

// The first group of every match of `pattern` in `text`.
std::vector<std::string> MatchesOf(const std::string& text, const re2::RE2& pattern) {
  std::vector<std::string> matches;
  re2::StringPiece rest(text);
  for (std::string match; re2::RE2::FindAndConsume(&rest, pattern, &match);) {
    matches.push_back(match);
  }
  return matches;
}

// `pattern` as a regular expression, with `star` in place of each '*' and '…'.
std::string RegexOf(const std::string& pattern, const std::string& star) {
  std::string regex = re2::RE2::QuoteMeta(pattern);
  re2::RE2::GlobalReplace(&regex, R"(\\\*|…)", star);
  return regex;
}

// "a{b,c}d" is "abd" and "acd".
std::vector<std::string> Expand(const std::string& token) {
  const size_t open = token.find('{');
  const size_t close = token.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {token};
  std::vector<std::string> expanded;
  std::istringstream choices(token.substr(open + 1, close - open - 1));
  for (std::string choice; std::getline(choices, choice, ',');) {
    for (const std::string& rest : Expand(token.substr(close + 1))) {
      expanded.push_back(token.substr(0, open) + choice + rest);
    }
  }
  return expanded;
}

bool IsSourceName(const std::string& token) {
  static const re2::RE2 source(R"(.*[\w*…-]\.(cc|h|c|S|sh|cmake|toml|md|ts))");
  return re2::RE2::FullMatch(token, source);
}

// Words of `code`, without the punctuation around them. What follows " # " is a remark.
std::vector<std::string> WordsOf(const std::string& code) {
  std::vector<std::string> words;
  std::istringstream stream(code.substr(0, code.find(" # ")));
  for (std::string word; stream >> word;) {
    const size_t begin = word.find_first_not_of("'\"([`");
    const size_t end = word.find_last_not_of("'\"`]),;:.");
    if (begin == std::string::npos || end == std::string::npos || end < begin) continue;
    words.push_back(word.substr(begin, end - begin + 1));
  }
  return words;
}

bool IsCommand(const std::string& word) {
  return word == "./run.sh" || word.find("procmark") != std::string::npos ||
         word.ends_with("soak.sh") || word.starts_with("--");
}

}  // namespace

ProjectNames::ProjectNames(const std::vector<SourceFile>& files) {
  static const re2::RE2 command(R"re(add_subcommand\(\s*"([\w-]+)")re");
  static const re2::RE2 option(R"((--[a-z][\w-]*))");
  static const re2::RE2 ctest(R"(\bNAME ([\w.${}]+))");
  static const re2::RE2 declaration(R"((?m)^(?:PROMISE|TEST|TEST_F|TEST_P)\(\s*(\w+,\s*\w+))");
  for (const SourceFile& file : files) {
    for (fs::path path = file.path; !path.empty(); path = path.parent_path()) {
      paths_.insert(path.string());
    }
    if (const size_t slash = file.path.find('/'); slash != std::string::npos) {
      roots_.insert(file.path.substr(0, slash));
    }
    if (file.path == "README.md") {
      for (const MarkdownPart& link : LinksOf(file.text)) {
        linked_from_readme_.insert(Join("", link.text.substr(0, link.text.find('#'))));
      }
    }
    if (file.path.ends_with(".md")) {
      anchors_[file.path] = AnchorsOf(file.text);
      continue;
    }
    for (std::string& name : MatchesOf(file.text, declaration)) {
      re2::RE2::Replace(&name, R"(,\s*)", ".");
      tests_.insert(name);
    }
    for (const std::string& name : MatchesOf(file.text, option)) options_.insert(name);
    if (file.Name() == "CMakeLists.txt") {
      for (std::string name : MatchesOf(file.text, ctest)) {
        re2::RE2::GlobalReplace(&name, R"(\$\{\w+\})", "*");
        if (const size_t dot = name.find('.'); dot != std::string::npos) {
          test_families_.insert(name.substr(0, dot));
        }
        tests_.insert(name);
      }
    }
    if (file.path.starts_with("harness/cli/")) {
      for (const std::string& name : MatchesOf(file.text, command)) commands_.insert(name);
    }
    if (file.path == "run.sh") {  // the arms of its case
      static const re2::RE2 own(R"((?m)^\s+([a-z]+)\)$)");
      for (const std::string& name : MatchesOf(file.text, own)) commands_.insert(name);
    }
  }
}

bool ProjectNames::HasPath(const std::string& path) const {
  return path.empty() || paths_.contains(path);
}

bool ProjectNames::HasAnchor(const std::string& path, const std::string& anchor) const {
  const auto page = anchors_.find(path);
  return page != anchors_.end() && page->second.contains(anchor);
}

bool ProjectNames::IsLinkedFromReadme(const std::string& path) const {
  return linked_from_readme_.contains(path);
}

std::string ProjectNames::Join(const std::string& folder, const std::string& target) {
  std::string path = (fs::path(folder) / target).lexically_normal().string();
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

bool ProjectNames::HasPathLike(const std::string& token, const std::string& folder) const {
  std::string name = token;
  while (name.ends_with('/')) name.pop_back();
  if (HasPath(name) || HasPath(Join(folder, name))) return true;
  // A part in capitals is a placeholder.
  re2::RE2::GlobalReplace(&name, R"((^|/)[A-Z][A-Z0-9_]*(\.|/|$))", R"(\1*\2)");
  const re2::RE2 pattern("(?:.*/)?" + RegexOf(name, "[^/]*"));
  return std::any_of(paths_.begin(), paths_.end(),
                     [&](const std::string& path) { return re2::RE2::FullMatch(path, pattern); });
}

bool ProjectNames::HasTestLike(const std::string& pattern) const {
  const re2::RE2 regex(RegexOf(pattern, ".*"));
  return std::any_of(tests_.begin(), tests_.end(), [&](const std::string& test) {
    return re2::RE2::FullMatch(test, regex) ||
           re2::RE2::FullMatch(pattern, re2::RE2(RegexOf(test, ".*")));
  });
}

void ProjectNames::CheckPath(const std::string& token, const std::string& folder,
                             std::vector<std::string>& unknown) const {
  if (token.starts_with("./")) {
    CheckPath(token.substr(2), folder, unknown);
    return;
  }
  static const re2::RE2 path(R"([\w./*{},-]+)");
  // The machine's files, what is built, the sources of the kernel and of QEMU, system headers, and
  // names that only illustrate.
  static const re2::RE2 foreign(
      R"((?:/|~|\.\./|build|results/(?:runs|dry-run)|)"
      R"((?:kernel|mm|fs|include|arch|drivers|ipc|lib|block|security|init|io_uring|Documentation)/|)"
      R"((?:hw|target|softmmu|migration|qom|linux|sys|asm|bits)/).*|(?:x_|[A-Z]+[._]).*)");
  if (!re2::RE2::FullMatch(token, path) || re2::RE2::FullMatch(token, foreign)) return;
  const size_t slash = token.find('/');
  const bool in_root = slash != std::string::npos && roots_.contains(token.substr(0, slash));
  if (!IsSourceName(token) && !in_root) return;
  for (const std::string& one : Expand(token)) {
    if (!HasPathLike(one, folder)) unknown.push_back("names the path " + one + ", which is gone");
  }
}

void ProjectNames::CheckCommand(const std::vector<std::string>& words,
                                std::vector<std::string>& unknown) const {
  if (words.empty() || !IsCommand(words[0])) return;
  static const re2::RE2 subcommand("[a-z][a-z-]*");
  if (words[0] == "./run.sh" && words.size() > 1 && re2::RE2::FullMatch(words[1], subcommand) &&
      !commands_.contains(words[1])) {
    unknown.push_back("names the command ./run.sh " + words[1] + ", which is gone");
  }
  static const re2::RE2 option(R"((--[a-z][\w-]*).*)");
  for (const std::string& word : words) {
    std::string name;
    if (!re2::RE2::FullMatch(word, option, &name) || options_.contains(name)) continue;
    unknown.push_back("names the option " + name + ", which is gone");
  }
}

std::vector<std::string> ProjectNames::UnknownFilesIn(const std::string& comment,
                                                      const std::string& folder) const {
  std::vector<std::string> unknown;
  for (const std::string& word : WordsOf(comment)) {
    if (IsSourceName(word) && !word.ends_with(".c")) CheckPath(word, folder, unknown);
  }
  return unknown;
}

std::vector<std::string> ProjectNames::UnknownIn(const std::string& code,
                                                 const std::string& folder) const {
  std::vector<std::string> unknown;
  const std::vector<std::string> words = WordsOf(code);
  CheckCommand(words, unknown);
  static const re2::RE2 suite_test(R"(([A-Z]\w*)\.(?:[A-Z*]\w*|\w*)(?:\*|…)?)");
  for (const std::string& word : words) {
    CheckPath(word, folder, unknown);
    const size_t dot = word.find('.');
    const bool is_family = dot != std::string::npos && test_families_.contains(word.substr(0, dot));
    const bool is_test = (words.size() == 1 && re2::RE2::FullMatch(word, suite_test) &&
                          !IsSourceName(word) && !word.starts_with("Suite.")) ||
                         (is_family && !IsSourceName(word));
    if (is_test && !HasTestLike(word)) {
      unknown.push_back("names the test " + word + ", which is gone");
    }
  }
  return unknown;
}

}  // namespace procmark::lint
