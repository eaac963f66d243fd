// SPDX-License-Identifier: MIT
// The HTML page: well-formed, escaped, complete without scripts, and with readable chart data.
#include "harness/report/render_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/report/test/golden.h"
#include "harness/report/test/nasty_report.h"

namespace procmark::report {
namespace {

using testing::HasSubstr;
using testing::Not;

class RenderHtmlTest : public testing::Test {
 protected:
  store::Run run_ = NastyRun();
  Report report_ = NastyReport(run_);
  Document document_ = MakeDocument(report_);
};

TEST_F(RenderHtmlTest, IsWellFormedAndEscaped) {
  const std::string text = RenderHtml(document_, "/* the chart library */");
  ExpectGolden("report.html", text);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("<b>&\"quoted")));
  // The page has three scripts: text from the run could not open or close one.
  size_t ends = 0;
  for (size_t at = text.find("</script"); at != std::string::npos;
       at = text.find("</script", at + 1)) {
    ++ends;
  }
  EXPECT_EQ(ends, 3U);
  // Scripts and styles are not XML; everything else must be.
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

TEST_F(RenderHtmlTest, ChartDataCanBeRead) {
  const std::string text = RenderHtml(document_, "/* the chart library */");
  const std::string open = "id=\"samples-data\">";
  const size_t from = text.find(open) + open.size();
  const auto data = nlohmann::json::parse(text.substr(from, text.find("</script>", from) - from));
  ASSERT_EQ(data.size(), 11U);           // fork/to:reaped twice: in ns and in instructions
  const nlohmann::json& fork = data[6];  // by name: after the canaries, the sweep and libc's fork
  EXPECT_EQ(fork["name"], "fork/to:reaped");
  EXPECT_EQ(fork["cells"].size(), 2U);
  EXPECT_EQ(fork["cells"][0]["points"].size(), 20U);
  EXPECT_EQ(fork["cells"][0]["points"][0]["values"][3], 90000.0);
}

TEST_F(RenderHtmlTest, WithoutAUsableLibraryThePageHasNoScripts) {
  const std::string text = RenderHtml(document_, "");
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr("libjs-chart.js"));
  EXPECT_THAT(RenderHtml(document_, "x='</script>'"), Not(HasSubstr("<script")));
}

TEST_F(RenderHtmlTest, EverySectionIsInTheNavigation) {
  const std::string text = RenderHtml(document_, "");
  for (const Section& section : document_.sections) {
    EXPECT_THAT(text, HasSubstr("<a href=\"#" + section.id + "\">"));
    EXPECT_THAT(text, HasSubstr("<h2 id=\"" + section.id + "\">"));
  }
}

// Also writes the page to the file PROCMARK_PAGE, if that is set, to look at it in a browser.
TEST_F(RenderHtmlTest, LoadsNothingFromElsewhere) {
  const std::string library = ReadChartLibrary();
  if (library.empty()) GTEST_SKIP() << "chart.min.js is not installed (Debian: libjs-chart.js)";
  const std::string page = RenderHtml(document_, library);
  EXPECT_THAT(page, HasSubstr("Chart.js v"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  if (const char* path = std::getenv("PROCMARK_PAGE")) std::ofstream(path) << page;
}

}  // namespace
}  // namespace procmark::report
