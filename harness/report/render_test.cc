// Each renderer against its golden file, on a small run full of nasty text. After a wanted change
// write the golden files anew with PROCMARK_WRITE_GOLDEN=1 in the environment, and read the diff.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/compare/compare.h"
#include "harness/report/report.h"

namespace procmark::report {
namespace {

using wire::FailCause;
using wire::TestVerdict;

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNasty = "<b>&\"quoted\" 'x' | `tick` *star*\x1b[31m\x01\xff</script>";

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(PROCMARK_GOLDEN) / name;
  if (std::getenv("PROCMARK_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(text, ReadWhole(path)) << name << " differs; see the head of this file";
}

void AddSlice(store::Run& run, const std::string& cell, const std::string& benchmark, int64_t round,
              std::vector<int64_t> samples, const std::string& unit) {
  store::Slice slice;
  slice.cell = cell;
  slice.round = round;
  slice.sequence = static_cast<int64_t>(run.slices.size());
  slice.slice = {benchmark,
                 "call",
                 "reaped",
                 unit,
                 1,
                 5,
                 std::move(samples),
                 {{"minor_faults", 31.0}, {"voluntary_switches", 0.5}},
                 {{"rss_kib", 2048.0}},
                 {{"hardware_counters", "no PMU | here"}}};
  run.slices.push_back(std::move(slice));
}

void AddNoisySlices(store::Run& run) {
  for (int64_t round = 0; round < 20; ++round) {
    const int64_t wobble = (round * 7) % 11 - 5;
    for (const char* cell : {"native", "native@candidate"}) {
      const int64_t more = std::string(cell) == "native" ? 0 : 4600;
      AddSlice(run, cell, "fork/to:reaped", round,
               {46000 + more + 30 * wobble, 47000 + more, 46500 + more, 90000}, "ns");
      for (const int64_t fds : {64, 1024}) {
        AddSlice(run, cell, "fork/fds:" + std::to_string(fds) + "/to:reaped", round,
                 {46000 + more + fds * 27 + 31 * wobble, 50000 + more + fds * 27}, "ns");
      }
      AddSlice(run, cell, "yardstick/getpid", round, {101, 100, 102 + wobble % 2, 140}, "ns");
    }
    AddSlice(run, "native", "canary/base", round, {10000 + 3 * wobble, 10100}, "ns");
    AddSlice(run, "native", "canary/twin", round, {10000 - 2 * wobble, 10100}, "ns");
    AddSlice(run, "native", "canary/slow5", round, {10500 + 3 * wobble, 10600}, "ns");
    AddSlice(run, "native", "peers/tool/fork", round, {346000 + 100 * wobble, 351000}, "ns");
    AddSlice(run, "native", "fork/form:libc/to:reaped", round, {51000 + 20 * wobble, 52000}, "ns");
    AddSlice(run, "native", "limit/fork", round, {45500 + 10 * wobble, 46400}, "ns");
  }
}

void AddTests(store::Run& run) {
  const std::string guest = "amd64/debian-6.1/max/exact";
  run.tests = {
      {"native", {"Fork.ChildSeesZero", TestVerdict::kPass, "", FailCause::kNone, 1200000}},
      {"native",
       {"Reparent.Nearest", TestVerdict::kFail, std::string("expected 7\nobserved 1 ") + kNasty,
        FailCause::kAssertion, 2500000}},
      {"native",
       {"Wait.Pidfd", TestVerdict::kSkip, "needs Linux 5.4 | here 4.19", FailCause::kNone, 1000}},
      {guest, {"Fork.ChildSeesZero", TestVerdict::kPass, "", FailCause::kNone, 900000}},
      {guest, {"Reparent.Nearest", TestVerdict::kFail, "known", FailCause::kAssertion, 900000}},
      {guest,
       {"Wait.Pidfd", TestVerdict::kTimeout, "no event for 5000 ms", FailCause::kNone, 5000000000}},
      {guest, {"Exec.Hash#Mark", TestVerdict::kCrash, "signal 11", FailCause::kNone, 100000}},
  };
}

store::Run NastyRun() {
  store::Run run;
  run.id = "20261121T204316Z-3f9a";
  run.name = "nightly <&>";
  run.started_utc = "2026-11-21T20:43:16Z";
  run.plan_toml = "cells = [\"native\"]  # <plan>\n";
  run.environment = {{"host.kernel", "6.18.0"}, {"host.cpu", kNasty}};
  store::Cell native{
      "native", store::Clock::kWall, {{"program.sha256", "aa11"}}, {{"kernel.release", "6.18.0"}}};
  store::Cell candidate{"native@candidate",
                        store::Clock::kWall,
                        {{"program.sha256", "bb22"}},
                        {{"kernel.release", "6.18.0"}}};
  store::Cell guest{"amd64/debian-6.1/max/exact",
                    store::Clock::kExact,
                    {{"kernel.sha256", "cc33"}},
                    {{"kernel.release", "6.1.0-44-cloud-amd64"}}};
  run.cells = {native, candidate, guest};
  AddNoisySlices(run);
  AddSlice(run, guest.name, "fork/to:reaped", 0, {253418, 253420, 253418, 260001}, "instructions");
  AddTests(run);
  run.skips = {{"native", {"reap/io_uring", "io_uring is off (sysctl | 2)"}},
               {"native", {"reap/io_uring_poll", "io_uring is off (sysctl | 2)"}}};
  run.refused = {{guest.name, {"exec/static", "31 faults per operation, expected 40"}}};
  run.losses = {{guest.name, store::LossKind::kCrash, "the guest's kernel panicked",
                 std::string("[    1.0] Oops: 0002\n") + kNasty + "\n---[ end ]---\n",
                 "./run.sh run --cell amd64/debian-6.1/max/exact --filter 'Exec.*'"}};
  run.complete = true;
  return run;
}

Report NastyReport(const store::Run& run) {
  ReportInputs inputs;
  inputs.comparisons = {compare::Compare({.run = &run, .cell = "native"},
                                         {.run = &run, .cell = "native@candidate"}, {})};
  inputs.expectations = compare::ParseExpectations(
      "[[expect]]\ntest = \"Reparent.*\"\nkernel = \"<6.2\"\nreason = \"known | <deviation>\"\n"
      "link = \"https://example.org/1\"\nexpires = 2027-06-01\n",
      "expectations.toml", {2026, 11, 21});
  inputs.bounded_by_limit = {{"limit/fork", "fork/to:reaped"}};
  inputs.peers = {{"peers/tool/fork", "fork/to:reaped"}, {"peers/tool/absent", "fork/to:reaped"}};
  inputs.sentences = {{"fork/to:reaped", "fork(2), _exit(2) and waitpid(2) of a small process"},
                      {"peers/tool/fork", "its own | larger process"}};
  inputs.says = {{"Wait.Pidfd", "a pidfd becomes readable when its process ends"}};
  inputs.reproduce = {{"Measure again, by the same plan:", "./run.sh run --plan plan.toml"}};
  return MakeReport(run, std::move(inputs));
}

class Render : public testing::Test {
 protected:
  store::Run run_ = NastyRun();
  Report report_ = NastyReport(run_);
};

// Well-formed by libxml2's judgement. `text` goes through a file of its own.
void ExpectWellFormed(const std::string& text) {
  if (!std::filesystem::exists("/usr/bin/xmllint")) {
    GTEST_SKIP() << "xmllint is not installed (Debian: libxml2-utils)";
  }
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("procmark-" + std::to_string(getpid()) + ".xml");
  std::ofstream(path, std::ios::binary) << text;
  const int status = std::system(("/usr/bin/xmllint --noout --nonet " + path.string()).c_str());
  std::filesystem::remove(path);
  EXPECT_EQ(status, 0);
}

TEST_F(Render, Text) {
  const std::string text = RenderText(report_);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("Reparent.Nearest"));
  ExpectGolden("report.txt", text);
}

TEST_F(Render, Markdown) {
  const std::string text = RenderMarkdown(report_);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  ExpectGolden("report.md", text);
}

TEST_F(Render, Junit) {
  const std::string text = RenderJunit(report_);
  ExpectGolden("junit.xml", text);
  ExpectWellFormed(text);
}

TEST_F(Render, Ktap) {
  const std::string text = RenderKtap(report_);
  EXPECT_THAT(text, HasSubstr("Exec.Hash\\#Mark"));
  ExpectGolden("results.ktap", text);
}

TEST_F(Render, BenchmarkJson) {
  const std::string text = RenderBenchmarkJson(report_);
  ExpectGolden("benchmarks.json", text);
  const auto parsed = nlohmann::json::parse(text);
  EXPECT_EQ(parsed["benchmarks"][0]["name"], "native:canary/base");
  EXPECT_EQ(parsed["benchmarks"][0]["time_unit"], "ns");
  ASSERT_EQ(parsed["procmark_slopes"].size(), 2U);
  EXPECT_EQ(parsed["procmark_slopes"][0]["name"], "native:fork/fds:*/to:reaped");
  EXPECT_NEAR(parsed["procmark_slopes"][0]["slope"].get<double>(), 27, 1);
}

TEST_F(Render, HtmlIsWellFormedAndEscaped) {
  const std::string text = RenderHtml(report_, "/* the chart library */");
  ExpectGolden("report.html", text);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("<b>&\"quoted")));
  // Three scripts of ours and no more: nothing in the run could open or close one.
  size_t ends = 0;
  for (size_t at = text.find("</script"); at != std::string::npos;
       at = text.find("</script", at + 1)) {
    ++ends;
  }
  EXPECT_EQ(ends, 3U);
  // Scripts and styles are not XML; all else must be.
  std::string markup;
  std::string_view rest = text;
  for (const char* element : {"style", "script", "script", "script"}) {
    const std::string open = std::string("<") + element;
    const std::string close = std::string("</") + element + ">";
    markup += rest.substr(0, rest.find(open));
    rest.remove_prefix(rest.find(close) + close.size());
  }
  markup += rest;
  ExpectWellFormed(markup);
}

TEST_F(Render, HtmlDataCanBeRead) {
  const std::string text = RenderHtml(report_, "/* the chart library */");
  const std::string open = "id=\"samples-data\">";
  const size_t from = text.find(open) + open.size();
  const auto data = nlohmann::json::parse(text.substr(from, text.find("</script>", from) - from));
  ASSERT_EQ(data.size(), 11U);           // fork/to:reaped twice: in ns and in instructions
  const nlohmann::json& fork = data[6];  // by name, after the canaries, its sweep and libc's
  EXPECT_EQ(fork["name"], "fork/to:reaped");
  EXPECT_EQ(fork["cells"].size(), 2U);
  EXPECT_EQ(fork["cells"][0]["points"].size(), 20U);
  EXPECT_EQ(fork["cells"][0]["points"][0]["values"][3], 90000.0);
}

TEST_F(Render, HtmlWithoutItsLibrarySaysSo) {
  const std::string text = RenderHtml(report_, "");
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr("libjs-chart.js"));
  EXPECT_THAT(RenderHtml(report_, "x='</script>'"), Not(HasSubstr("<script")));
}

TEST_F(Render, NothingIsLeftOut) {
  for (std::string text : {RenderText(report_), RenderMarkdown(report_), RenderHtml(report_, ""),
                           RenderJunit(report_)}) {
    std::erase(text, '\\');  // Markdown's escapes
    for (const char* needed : {"io_uring is off", "expected 40", "kernel panicked", "no event for",
                               "signal 11", "Oops: 0002", "needs Linux 5.4"}) {
      EXPECT_THAT(text, HasSubstr(needed));
    }
    EXPECT_THAT(text, HasSubstr("reap/io_uring_poll"));
  }
}

TEST(RenderEmpty, ARunOfNothingStillRenders) {
  store::Run run;
  run.id = "x";
  const Report report = MakeReport(run, {});
  EXPECT_EQ(Headline(report), "1 lost, the record was cut short.");
  EXPECT_THAT(RenderText(report), HasSubstr("cut short"));
  EXPECT_THAT(RenderMarkdown(report), HasSubstr("cut short"));
  EXPECT_THAT(RenderHtml(report, "x"), HasSubstr("cut short"));
  EXPECT_EQ(RenderKtap(report), "KTAP version 1\n1..0\n");
  ExpectWellFormed(RenderJunit(report));
  EXPECT_TRUE(nlohmann::json::parse(RenderBenchmarkJson(report))["benchmarks"].empty());
}

TEST(MakeReport, WarnsOfASweepThatNoLineFits) {
  store::Run run = NastyRun();
  run.slices.clear();
  for (const auto& [name, cost] :
       std::vector<std::pair<std::string, int64_t>>{{"fork/to:reaped", 1000},
                                                    {"fork/fds:64/to:reaped", 1010},
                                                    {"fork/fds:1024/to:reaped", 9000},
                                                    {"fork/fds:2048/to:reaped", 9010}}) {
    AddSlice(run, "amd64/debian-6.1/max/exact", name, 0, {cost}, "instructions");
  }
  const Report report = MakeReport(run, {});
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_THAT(report.warnings[0].about, HasSubstr("fork/fds:*/to:reaped"));
  EXPECT_THAT(RenderText(report), HasSubstr("its slope is not one number"));
}

// For looking at by eye: writes the page with its charts into PROCMARK_PAGE when that is set.
TEST_F(Render, PageWithCharts) {
  const std::string library = ReadChartLibrary();
  if (library.empty()) GTEST_SKIP() << "chart.min.js is not installed (Debian: libjs-chart.js)";
  const std::string page = RenderHtml(report_, library);
  EXPECT_THAT(page, HasSubstr("Chart.js v"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));  // one file, nothing fetched
  if (const char* path = std::getenv("PROCMARK_PAGE")) std::ofstream(path) << page;
}

}  // namespace
}  // namespace procmark::report
