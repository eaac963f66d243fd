// SPDX-License-Identifier: MIT
// CSV: hostile names stay in their field. The golden file of exporters_test.cc has the rest.
#include <gtest/gtest.h>

#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

TEST(ExportCsv, QuotesNamesWithCommasAndQuotes) {
  const store::Run run;
  Report report;
  report.run = &run;
  compare::SummaryRow& row = report.rows.emplace_back();
  row.cell = "amd64/debian-6.1/max,vmx=on/exact";
  row.clock = store::Clock::kExact;
  row.benchmark = "a \"b\"\nc";
  row.unit = "instructions";
  row.slices = 1;
  row.samples = 30;
  row.q25 = 1000.5;
  EXPECT_EQ(ExportCsv({report, {}}),
            "cell,clock,benchmark,from,to,unit,slices,samples,q25,min,median,mean,p90,p99\n"
            "\"amd64/debian-6.1/max,vmx=on/exact\",exact,\"a \"\"b\"\" c\",,,instructions,1,30,"
            "1000.5,0,0,0,0,0\n");
}

}  // namespace
}  // namespace procmark::report
