// SPDX-License-Identifier: MIT
// Lists of tests that are whole, and those that are not.
#include "conformance/ctest/test_list.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kWhole =
    R"json([{"name": "A.One", "says": "It holds.", "item": "", "authority": "fork(2)", "since": "",
         "until": "", "class": "contract", "area": "fork", "tags": ["core"]}])json";

// kWhole with one text replaced by another.
std::string Changed(const std::string& from, const std::string& to) {
  std::string text = kWhole;
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(ReadTestList, ReadsNameAndItem) {
  const std::vector<ListedTest> tests = ReadTestList(Changed(R"("item": "")", R"("item": "3 4")"));
  ASSERT_EQ(tests.size(), 1U);
  EXPECT_EQ(tests[0].name, "A.One");
  EXPECT_EQ(tests[0].item, "3 4");
}

TEST(ReadTestList, RefusesWhatIsNotWhole) {
  EXPECT_NO_THROW(ReadTestList(kWhole));
  EXPECT_THROW(ReadTestList(""), sys::Complaint);
  EXPECT_THROW(ReadTestList("[]"), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed("A.One", "")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed("It holds.", "")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed("fork(2)", "")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed("contract", "")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed(R"("area": "fork")", R"("area": 3)")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed(R"("since": "")", R"("since": 5)")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed(R"("item": "",)", "")), sys::Complaint);
  EXPECT_THROW(ReadTestList(Changed(R"(["core"])", R"("core")")), sys::Complaint);
}

TEST(DeclaredTests, FindsEachPromiseOfAFile) {
  EXPECT_EQ(DeclaredTests("// PROMISE(No, Comment, {}) {}\n"
                          "PROMISE(Wait, Once,\n        {.says = \"x\"}) {}\n"
                          "PROMISE(\n    Wait, Twice, {.says = \"x\"}) {}\n"),
            (Names{"Wait.Once", "Wait.Twice"}));
}

TEST(ListFaults, AFileThatIsNotBuiltIsAFault) {
  const TestSource built{"wait_test.cc", "PROMISE(Wait, Once, {}) {}\n"};
  const TestSource forgotten{"fork_test.cc", "PROMISE(Fork, Once, {}) {}\n"};
  EXPECT_EQ(ListFaults({{"Wait.Once", "1"}}, {built}), Names{});
  EXPECT_EQ(ListFaults({{"Wait.Once", "1"}}, {built, forgotten}),
            Names{"Fork.Once of fork_test.cc is not in the program: add the file to "
                  "conformance/CMakeLists.txt"});
}

TEST(ListFaults, AFileWithoutTestsAndANameListedTwiceAreFaults) {
  EXPECT_EQ(ListFaults({{"Wait.Once", "1"}, {"Wait.Once", "2"}}, {{"a_test.cc", "int x;\n"}}),
            (Names{"Wait.Once is listed twice", "a_test.cc declares no test"}));
}

}  // namespace
}  // namespace procmark::conformance
