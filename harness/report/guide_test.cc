// SPDX-License-Identifier: MIT
// docs/adding-an-exporter.md shows the code that it describes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace procmark::report {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(std::filesystem::path(PROCMARK_ROOT) / path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The first block of C++ in the guide that contains `text`.
std::string BlockWith(const std::string& guide, const std::string& text) {
  const size_t inside = guide.find(text);
  EXPECT_NE(inside, std::string::npos) << text;
  const std::string open = "```cpp\n";
  const size_t begin = guide.rfind(open, inside) + open.size();
  return guide.substr(begin, guide.find("```", begin) - begin);
}

TEST(ExporterGuide, ShowsTheSourceOfItsExample) {
  const std::string guide = ReadFile("docs/adding-an-exporter.md");
  EXPECT_EQ(BlockWith(guide, "std::string CsvText"), ReadFile("harness/report/csv.cc"));
}

TEST(ExporterGuide, ShowsTheRowAndTheTestOfItsExample) {
  const std::string guide = ReadFile("docs/adding-an-exporter.md");
  const std::string exporters = ReadFile("harness/report/exporters.h");
  EXPECT_THAT(exporters, testing::HasSubstr(BlockWith(guide, "// CSV with one line")));
  EXPECT_THAT(exporters, testing::HasSubstr(BlockWith(guide, "{\"benchmarks.csv\"")));
  const std::string test = BlockWith(guide, "TEST(ExportCsv");
  EXPECT_THAT(ReadFile("harness/report/csv_test.cc"),
              testing::HasSubstr(test.substr(0, test.find('\n'))));
}

}  // namespace
}  // namespace procmark::report
