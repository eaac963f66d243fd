// SPDX-License-Identifier: MIT
#include "lint/code_text.h"

#include <algorithm>
#include <cctype>

namespace procmark::lint {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view file) : file_(file) {
    std::string blank(file.size(), ' ');
    for (size_t i = 0; i < file.size(); ++i) {
      if (file[i] == '\n') blank[i] = '\n';
    }
    text_ = {blank, blank, blank};
  }

  CodeText Run() {
    while (at_ < file_.size()) Step();
    return std::move(text_);
  }

 private:
  // True when the file goes on with `text` here.
  bool Sees(std::string_view text) const { return file_.substr(at_).starts_with(text); }

  void Step() {
    if (Sees("//")) {
      LineComment();
    } else if (Sees("/*")) {
      BlockComment();
    } else if (file_[at_] == '#' && directive_may_begin_) {
      Directive();
    } else if (file_[at_] == '"') {
      StringLiteral();
    } else if (file_[at_] == '\'' && !(at_ > 0 && IsWord(file_[at_ - 1]) && !IsLiteralPrefix())) {
      Quoted('\'', nullptr);
    } else {
      if (file_[at_] == '\n') {
        directive_may_begin_ = true;
      } else if (file_[at_] != ' ') {
        directive_may_begin_ = false;
      }
      Copy(&text_.code);
    }
  }

  // True for the u of u'a', false for the 1 of 1'000.
  bool IsLiteralPrefix() const {
    const char before = file_[at_ - 1];
    const bool is_prefix = before == 'u' || before == 'U' || before == 'L' || before == '8';
    size_t begin = at_;
    while (begin > 0 && IsWord(file_[begin - 1])) --begin;
    return is_prefix && std::isdigit(static_cast<unsigned char>(file_[begin])) == 0;
  }

  void Copy(std::string* into) {
    (*into)[at_] = file_[at_];
    ++at_;
  }

  // A backslash at the end of a line joins the next one to it.
  bool ContinuesLine() const { return Sees("\\\n"); }

  void LineComment() {
    at_ += 2;
    while (at_ < file_.size() && file_[at_] != '\n') {
      if (ContinuesLine()) {
        at_ += 2;
      } else {
        Copy(&text_.comments);
      }
    }
  }

  void BlockComment() {
    at_ += 2;
    while (at_ < file_.size() && !Sees("*/")) Copy(&text_.comments);
    at_ = std::min(at_ + 2, file_.size());
  }

  // A macro's text is no code here, because its braces need not balance; its comments count.
  void Directive() {
    while (at_ < file_.size() && file_[at_] != '\n') {
      if (ContinuesLine()) {
        at_ += 2;
      } else if (Sees("//")) {
        LineComment();
      } else if (Sees("/*")) {
        BlockComment();
      } else {
        ++at_;
      }
    }
  }

  void StringLiteral() {
    directive_may_begin_ = false;
    if (at_ > 0 && file_[at_ - 1] == 'R') {
      RawString();
    } else {
      Quoted('"', &text_.literals);
    }
  }

  void RawString() {
    const size_t open = file_.find('(', at_);
    if (open == std::string_view::npos) {
      at_ = file_.size();
      return;
    }
    const std::string end = ")" + std::string(file_.substr(at_ + 1, open - at_ - 1)) + "\"";
    at_ = open + 1;
    while (at_ < file_.size() && !Sees(end)) Copy(&text_.literals);
    at_ = std::min(at_ + end.size(), file_.size());
  }

  // Its text goes to `into`, if there is one; an escaped character is blank.
  void Quoted(char quote, std::string* into) {
    ++at_;
    while (at_ < file_.size() && file_[at_] != quote && file_[at_] != '\n') {
      if (file_[at_] == '\\') {
        at_ += 2;
      } else if (into != nullptr) {
        Copy(into);
      } else {
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, file_.size());
  }

  std::string_view file_;
  size_t at_ = 0;
  bool directive_may_begin_ = true;
  CodeText text_;
};

}  // namespace

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

CodeText TakeApart(std::string_view file) { return Splitter(file).Run(); }

int64_t LineOf(std::string_view text, size_t offset) {
  return std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1;
}

}  // namespace procmark::lint
