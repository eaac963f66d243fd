// Real guests: exact ones agree to the instruction; broken ones are told apart.
#include <gtest/gtest.h>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

constexpr const char* kExact = "amd64/debian-6.1/max/exact";

store::Run Named(const Tool& tool, const std::string& name) {
  return store::ReadRun(store::FindRun(tool.Results(), name));
}

TEST(ExactGuest, TwoRunsAreIdenticalToTheInstruction) {
  const Tool tool;
  const std::vector<std::string> run = {
      "run", "--cell", kExact, "--filter", "^(fork/to:reaped|vfork/to:reaped)$", "--name"};
  for (const char* name : {"a", "b"}) {
    std::vector<std::string> words = run;
    words.emplace_back(name);
    const Answer answer = tool.Run(words);
    ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  }
  const store::Run a = Named(tool, "a");
  const store::Run b = Named(tool, "b");
  ASSERT_GE(a.slices.size(), 5U);  // the two, and the three canaries
  ASSERT_EQ(a.slices.size(), b.slices.size());
  for (size_t i = 0; i < a.slices.size(); ++i) {
    EXPECT_EQ(a.slices[i].slice.benchmark, b.slices[i].slice.benchmark);
    EXPECT_EQ(a.slices[i].slice.samples, b.slices[i].slice.samples);
    EXPECT_EQ(a.slices[i].slice.unit, "instructions");
  }
  const Answer compared = tool.Run({"compare", "a", "b"});
  EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  EXPECT_NE(compared.out.find("identical"), std::string::npos) << compared.out;
}

TEST(ExactGuest, FivePercentAreFound) {
  const Tool tool;
  const Answer answer = tool.Run({"compare", kExact, std::string(kExact) + "+slow=5", "--filter",
                                  "^fork/to:reaped$", "--no-tests"});
  EXPECT_EQ(answer.exit_code, 1) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("regressed"), std::string::npos) << answer.out;
}

struct Fault {
  const char* name;
  const char* kind;
  int exit_code;
};

class BrokenGuest : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenGuest, IsToldApart) {
  const Tool tool;
  const Answer answer =
      tool.Run({"run", "--cell", kExact, "--filter", "^fork/to:reaped$", "--name", "broken",
                "--guest-fault", GetParam().name, "--guest-silence-s", "60"});
  EXPECT_EQ(answer.exit_code, GetParam().exit_code) << answer.out << answer.err;
  const store::Run run = Named(tool, "broken");
  ASSERT_GE(run.losses.size(), 1U);
  EXPECT_EQ(run.losses.back().kind, GetParam().kind) << run.losses.back().sentence;
  EXPECT_NE(answer.out.find(run.losses.back().sentence), std::string::npos) << answer.out;
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenGuest,
                         ::testing::Values(Fault{"panic", "crash", 1}, Fault{"exit", "crash", 1},
                                           Fault{"hang", "timeout", 1}, Fault{"mute", "lost", 3},
                                           Fault{"garbage", "lost", 3}),
                         [](const auto& fault) { return std::string(fault.param.name); });

}  // namespace
}  // namespace procmark::e2e
