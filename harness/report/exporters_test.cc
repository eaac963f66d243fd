// SPDX-License-Identifier: MIT
// All exporters and the terminal, on a report full of hostile text and on an empty one.
#include "harness/report/exporters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/report/escape.h"
#include "harness/report/render_text.h"
#include "harness/report/test/golden.h"
#include "harness/report/test/nasty_report.h"

namespace procmark::report {
namespace {

using testing::HasSubstr;

class Exporters : public testing::Test {
 protected:
  std::string Export(const std::string& file_name) const {
    for (const Exporter& exporter : kExporters) {
      if (exporter.file_name == file_name) return exporter.render({report_, document_});
    }
    ADD_FAILURE() << "no exporter writes " << file_name;
    return "";
  }

  store::Run run_ = NastyRun();
  Report report_ = NastyReport(run_);
  Document document_ = MakeDocument(report_);
};

TEST_F(Exporters, WriteDifferentFiles) {
  std::set<std::string> names;
  for (const Exporter& exporter : kExporters) EXPECT_TRUE(names.insert(exporter.file_name).second);
}

TEST_F(Exporters, MatchTheirGoldenFiles) {
  for (const Exporter& exporter : kExporters) {
    // The page contains the machine's own Chart.js; render_html_test.cc has its golden file.
    if (exporter.render == ExportHtml) continue;
    ExpectGolden(exporter.file_name, exporter.render({report_, document_}));
  }
  ExpectGolden("report.txt", RenderText(document_));
}

TEST_F(Exporters, WriteNoControlCharacters) {
  for (const Exporter& exporter : kExporters) {
    const std::string text = exporter.render({report_, document_});
    if (exporter.render == ExportHtml) continue;  // Chart.js is not ours
    EXPECT_EQ(text, CleanText(text)) << exporter.file_name;
  }
  EXPECT_EQ(RenderText(document_), CleanText(RenderText(document_)));
}

TEST_F(Exporters, AcceptAnEmptyRun) {
  store::Run run;
  run.id = "x";
  const Report report = MakeReport(run, {});
  const Document document = MakeDocument(report);
  EXPECT_EQ(Headline(report), "1 lost, the record was cut short.");
  EXPECT_TRUE(document.sections.empty());
  for (const Exporter& exporter : kExporters) {
    EXPECT_FALSE(exporter.render({report, document}).empty()) << exporter.file_name;
  }
  EXPECT_THAT(RenderText(document), HasSubstr("cut short"));
}

TEST_F(Exporters, LeaveOutNoProblem) {
  std::vector<std::string> texts = {RenderText(document_)};
  for (const char* name : {"report.html", "report.md", "junit.xml"}) texts.push_back(Export(name));
  for (std::string& text : texts) {
    std::erase(text, '\\');  // Markdown's escapes
    for (const char* needed : {"io_uring is off", "expected 40", "kernel panicked", "no event for",
                               "signal 11", "Oops: 0002", "needs Linux 5.4"}) {
      EXPECT_THAT(text, HasSubstr(needed));
    }
    EXPECT_THAT(text, HasSubstr("reap/io_uring_poll"));
  }
}

TEST_F(Exporters, JunitIsWellFormed) { ExpectWellFormed(Export("junit.xml")); }

TEST_F(Exporters, KtapEscapesHashes) {
  EXPECT_THAT(Export("results.ktap"), HasSubstr("Exec.Hash\\#Mark"));
}

TEST_F(Exporters, BenchmarkJsonHasNamesUnitsAndSlopes) {
  const auto parsed = nlohmann::json::parse(Export("benchmarks.json"));
  EXPECT_EQ(parsed["benchmarks"][0]["name"], "native:canary/base");
  EXPECT_EQ(parsed["benchmarks"][0]["time_unit"], "ns");
  ASSERT_EQ(parsed["procmark_slopes"].size(), 2U);
  EXPECT_EQ(parsed["procmark_slopes"][0]["name"], "native:fork/fds:*/to:reaped");
  EXPECT_NEAR(parsed["procmark_slopes"][0]["slope"].get<double>(), 27, 1);
}

}  // namespace
}  // namespace procmark::report
