// SPDX-License-Identifier: MIT
// A function of more than 70 lines does more than one thing.
#include <gtest/gtest.h>

#include "lint/allowed.h"
#include "lint/code_text.h"
#include "lint/functions.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

constexpr int64_t kMostLines = 70;

std::vector<Offence> Offences(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.IsCode() || file.path.ends_with(".S")) return found;
  const Functions functions = FindFunctions(TakeApart(file.text).code);
  if (!functions.balanced) {
    found.push_back({file.path, 0, "has brackets without partners: its functions are unknown"});
  }
  for (const Function& function : functions.found) {
    if (function.lines <= kMostLines) continue;
    found.push_back({file.path, function.line,
                     std::to_string(function.lines) + " lines: " + function.head.substr(0, 60)});
  }
  return found;
}

TEST(FunctionLength, NoneIsLongerThanTheLimit) {
  const std::string found = NotAllowed("function-length", OffencesOfTree(Offences));
  EXPECT_TRUE(found.empty()) << found;
}

std::string Body(int lines) {
  std::string text = "{\n";
  for (int i = 0; i < lines; ++i) text += "  x = 1;\n";
  return text + "}\n";
}

std::vector<std::string> HeadsOf(const std::string& code) {
  std::vector<std::string> heads;
  for (const Function& function : FindFunctions(code).found) heads.push_back(function.head);
  return heads;
}

using Heads = std::vector<std::string>;

TEST(FunctionLength, ALongFunctionIsFound) {
  EXPECT_EQ(Offences({"a.cc", "int F() " + Body(kMostLines - 2)}).size(), 0U);
  EXPECT_EQ(Offences({"a.cc", "int F() " + Body(kMostLines - 1)}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "int F(int a,\n      int b) " + Body(kMostLines - 2)}).size(), 1U);
  EXPECT_EQ(Offences({"a.c", "struct a F() " + Body(kMostLines)}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "namespace a {\nclass B {\n public:\n  void F() const override " +
                                  Body(kMostLines) + "};\n}\n"})
                .size(),
            1U);
  EXPECT_EQ(Offences({"a.cc", "TEST(A, B) " + Body(kMostLines)}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "PROMISE(A, B, {.says = f({})}) " + Body(kMostLines)}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc",
                      "const T kTable = {{.run = [](int a) -> b::C " + Body(kMostLines) + "}};\n"})
                .size(),
            1U);
  EXPECT_EQ(Offences({"a.cc", "int F() {\n"}).size(), 1U) << "an unbalanced file is an offence";
  EXPECT_EQ(Offences({"a.cc", "int F(]\n"}).size(), 1U);
}

TEST(FunctionLength, ATableAndAClassMayBeLong) {
  EXPECT_EQ(Offences({"a.cc", "constexpr std::array kTable = " + Body(200) + ";\n"}).size(), 0U);
  EXPECT_EQ(Offences({"a.cc", "const Table kTable(\n    1, " + Body(200) + ");\n"}).size(), 0U);
  EXPECT_EQ(Offences({"a.cc", "struct alignas(8) A " + Body(200) + ";\n"}).size(), 0U);
  EXPECT_EQ(Offences({"a.cc", "enum class A : int " + Body(200) + ";\n"}).size(), 0U);
}

TEST(FindFunctions, KnowsWhatAFunctionIs) {
  EXPECT_EQ(HeadsOf("namespace a { extern { int F(int b[3]) noexcept { if (x) { y(); } } } }"),
            Heads{"int F(int b[3]) noexcept"});
  EXPECT_EQ(HeadsOf("A::A(int b) : b_{b}, c_(b) { int x{3}; }"),
            Heads{"A::A(int b) : b_{b}, c_(b)"});
  EXPECT_EQ(HeadsOf("template <class T> auto F(T t) -> std::vector<T> { } class B final { };"),
            Heads{"template <class T> auto F(T t) -> std::vector<T>"});
  EXPECT_EQ(HeadsOf("A& A::operator=(A&& b) { } bool operator==(A b) { }"),
            (Heads{"A& A::operator=(A&& b)", "bool operator==(A b)"}));
  EXPECT_EQ(HeadsOf("class A { int b = F(3); private: void C(int d = 3) { } };"),
            Heads{"void C(int d = 3)"});
  EXPECT_EQ(HeadsOf("const auto f = [&] { }; int x[3] { }; [[noreturn]] void G() { }"),
            (Heads{"[[noreturn]] void G()", "[&]"}));
  EXPECT_EQ(HeadsOf("void F() { g([a](int b) mutable { return b; }); x[3] = T(c[1]){}; }"),
            (Heads{"void F()", "[a](int b) mutable"}));
}

}  // namespace
}  // namespace procmark::lint
