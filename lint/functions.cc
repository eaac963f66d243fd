// SPDX-License-Identifier: MIT
#include "lint/functions.h"

#include <algorithm>
#include <array>

#include "lint/code_text.h"

namespace procmark::lint {
namespace {

struct Token {
  std::string_view text;  // a word, "->" or one character
  size_t offset;
};

std::vector<Token> Tokens(std::string_view code) {
  std::vector<Token> tokens;
  for (size_t at = 0; at < code.size();) {
    size_t length = 1;
    if (IsWord(code[at])) {
      while (at + length < code.size() && IsWord(code[at + length])) ++length;
    } else if (code.substr(at).starts_with("->")) {
      length = 2;
    }
    if (code[at] != ' ' && code[at] != '\n') tokens.push_back({code.substr(at, length), at});
    at += length;
  }
  return tokens;
}

// For each bracket of any kind the index of its partner; empty when one has none.
std::vector<size_t> Partners(const std::vector<Token>& tokens) {
  constexpr std::string_view kOpen = "({[";
  constexpr std::string_view kClose = ")}]";
  std::vector<size_t> partners(tokens.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const char c = tokens[i].text[0];
    if (kOpen.find(c) != std::string_view::npos) open.push_back(i);
    const size_t kind = kClose.find(c);
    if (kind == std::string_view::npos) continue;
    if (open.empty() || tokens[open.back()].text[0] != kOpen[kind]) return {};
    partners[open.back()] = i;
    partners[i] = open.back();
    open.pop_back();
  }
  return open.empty() ? partners : std::vector<size_t>();
}

class Finder {
 public:
  explicit Finder(std::string_view code)
      : code_(code), tokens_(Tokens(code)), partners_(Partners(tokens_)) {}

  Functions Run() {
    if (partners_.size() != tokens_.size()) return {.found = {}, .balanced = false};
    ReadScope(0, tokens_.size());
    FindLambdas();
    return std::move(result_);
  }

 private:
  enum class Brace { kScope, kFunction, kOther };

  bool Is(size_t token, std::string_view text) const { return tokens_[token].text == text; }

  // The tokens from `begin` to `end` are the inside of a namespace or class.
  void ReadScope(size_t begin, size_t end) {
    size_t head = begin;
    for (size_t i = begin; i < end; ++i) {
      if (Is(i, ";")) head = i + 1;
      if (Is(i, "(") || Is(i, "[")) i = partners_[i];
      if (!Is(i, "{")) continue;
      const size_t close = partners_[i];
      const Brace kind = Classify(head, i);
      // A constructor's "member{value}" is followed by the next one, or by the body.
      const bool goes_on = close + 1 < end && (Is(close + 1, ",") || Is(close + 1, "{"));
      if (kind == Brace::kScope) ReadScope(i + 1, close);
      if (kind == Brace::kFunction && !goes_on) Add(head, i, close);
      i = close;
      if (!goes_on) head = close + 1;
    }
  }

  // What the brace at `brace` begins, whose head begins at `head`.
  Brace Classify(size_t head, size_t brace) const {
    bool names_scope = false;
    bool has_parameters = false;
    bool ends_like_function = false;
    bool names_return_type = false;
    for (size_t i = head; i < brace; ++i) {
      if (Is(i, "(") || Is(i, "[")) {
        has_parameters = has_parameters || Is(i, "(");
        ends_like_function = Is(i, "(");
        i = partners_[i];
        continue;
      }
      if (Is(i, "enum") || (Is(i, "=") && !IsOperator(head, i))) return Brace::kOther;
      for (const char* word : {"namespace", "class", "struct", "union", "extern"}) {
        names_scope = names_scope || Is(i, word);
      }
      ends_like_function = ends_like_function && FollowsParameters(tokens_[i].text);
      names_return_type = names_return_type || (has_parameters && Is(i, "->"));
    }
    if (names_scope && !ends_like_function && !names_return_type) return Brace::kScope;
    return has_parameters ? Brace::kFunction : Brace::kOther;
  }

  // True for the '=' of "operator=" and "operator==".
  bool IsOperator(size_t head, size_t token) const {
    while (token > head && tokens_[token - 1].text.size() == 1 &&
           !IsWord(tokens_[token - 1].text[0]))
      --token;
    return token > head && Is(token - 1, "operator");
  }

  // Words that stand between the parameters of a function and its body.
  static bool FollowsParameters(std::string_view text) {
    constexpr std::array<std::string_view, 6> kWords = {"const", "noexcept", "override",
                                                        "final", "&",        "try"};
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  }

  void FindLambdas() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (!Is(i, "{")) continue;
      const size_t begin = LambdaBegin(i);
      if (begin < i) Add(begin, i, partners_[i]);
    }
  }

  // Where the lambda begins whose body the brace opens; the brace itself when it opens no lambda.
  size_t LambdaBegin(size_t brace) const {
    size_t at = brace;
    while (at > 0 && !Is(at - 1, ")") && !Is(at - 1, "]")) {
      --at;
      const char c = tokens_[at].text[0];
      if (!IsWord(c) && std::string_view("<>:,*&-").find(c) == std::string_view::npos) return brace;
    }
    if (at == 0) return brace;
    --at;
    if (Is(at, ")")) {
      if (partners_[at] == 0) return brace;
      at = partners_[at] - 1;
    }
    if (!Is(at, "]") || Is(at - 1, "]")) return brace;  // "[[noreturn]]" is an attribute
    const size_t begin = partners_[at];
    const bool is_index =
        begin > 0 && !Is(begin - 1, "return") &&
        (IsWord(tokens_[begin - 1].text[0]) || Is(begin - 1, ")") || Is(begin - 1, "]"));
    return is_index ? brace : begin;
  }

  void Add(size_t head, size_t brace, size_t close) {
    while (head + 1 < brace && IsAccess(head)) head += 2;
    const size_t begin = tokens_[head].offset;
    std::string text;
    for (const char c : code_.substr(begin, tokens_[brace].offset - begin)) {
      const bool blank = c == ' ' || c == '\n';
      if (!blank || (!text.empty() && text.back() != ' ')) text += blank ? ' ' : c;
    }
    if (!text.empty() && text.back() == ' ') text.pop_back();
    const int64_t line = LineOf(code_, begin);
    result_.found.push_back({text, line, LineOf(code_, tokens_[close].offset) - line + 1});
  }

  bool IsAccess(size_t token) const {
    return (Is(token, "public") || Is(token, "private") || Is(token, "protected")) &&
           Is(token + 1, ":");
  }

  std::string_view code_;
  std::vector<Token> tokens_;
  std::vector<size_t> partners_;
  Functions result_;
};

}  // namespace

Functions FindFunctions(std::string_view code) { return Finder(code).Run(); }

}  // namespace procmark::lint
