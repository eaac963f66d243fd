// SPDX-License-Identifier: MIT
// The wire: what is encoded is decoded; what is no record is refused with a printable sentence.
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "harness/wire/event.h"
#include "harness/wire/stream.h"

namespace procmark::wire {
namespace {

Slice SomeSlice() {
  Slice slice;
  slice.benchmark = "fork/to:reaped";
  slice.from = "call";
  slice.to = "reaped";
  slice.unit = "ns";
  slice.operations = 4;
  slice.samples = {3, 1, 2};
  slice.counts = {{"minor_faults", 0.5}};
  return slice;
}

TEST(Wire, WhatIsEncodedIsDecoded) {
  const Event event = Decode(Encode(SomeSlice()));
  const auto* slice = std::get_if<Slice>(&event);
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->samples, (std::vector<int64_t>{3, 1, 2}));
  EXPECT_EQ(slice->operations, 4);
  EXPECT_EQ(slice->counts.at("minor_faults"), 0.5);
}

TEST(Wire, TheCpusOfASampleAreKeptAndMayBeUnknown) {
  Slice slice = SomeSlice();
  EXPECT_EQ(Encode(slice).find("cpus"), std::string::npos);
  slice.from_cpus = {0, 1, 0};
  slice.to_cpus = {0, 0, 1};
  const Event event = Decode(Encode(slice));
  EXPECT_EQ(std::get<Slice>(event).from_cpus, slice.from_cpus);
  EXPECT_EQ(std::get<Slice>(event).to_cpus, slice.to_cpus);
}

TEST(Wire, ALineHoldsNoNewlineWhateverItSays) {
  const std::string line = Encode(Skip{"b", "two\nlines \xff"});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NO_THROW((void)Decode(line));
}

TEST(Wire, LiesAreRefused) {
  Slice slice = SomeSlice();
  slice.samples.clear();
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice = SomeSlice();
  slice.samples = {-1};
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice = SomeSlice();
  slice.from_cpus = slice.to_cpus = {0, 0};
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice = SomeSlice();
  slice.samples.assign(kMostSamples + 1, 1);
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice = SomeSlice();
  slice.footprint = {{"rss_kib", 1.7e308}};
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice.footprint.clear();
  slice.counts = {{"minor_faults", -1e17}};
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  slice = SomeSlice();
  slice.to = "heaven";
  EXPECT_THROW((void)Decode(Encode(slice)), std::runtime_error);
  EXPECT_THROW((void)Decode(Encode(wire::Test{.test = "A.B", .verdict = TestVerdict::kFail})),
               std::runtime_error)
      << "a failure without a reason";
  EXPECT_THROW((void)Decode(R"({"type":"slice"})"), std::runtime_error);
  EXPECT_THROW((void)Decode(R"({"type":"surprise"})"), std::runtime_error);
  EXPECT_THROW((void)Decode("[]"), std::runtime_error);
}

std::string TestLine(const std::string& verdict, const std::string& cause) {
  return R"({"type":"test","test":"A.B","verdict":")" + verdict + R"(","reason":"r","cause":")" +
         cause + R"(","duration_ns":1})";
}

std::string RefusalOf(const std::string& line) {
  try {
    (void)Decode(line);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Wire, AVerdictIsOneOfTheTablesWords) {
  for (const auto& [verdict, name] : kTestVerdicts.All()) {
    const bool harness_only = verdict == TestVerdict::kXfail || verdict == TestVerdict::kXpass;
    EXPECT_EQ(RefusalOf(TestLine(name, "")).empty(), !harness_only) << name;
  }
  EXPECT_EQ(RefusalOf(TestLine("maybe", "")),
            "unknown verdict 'maybe'; it is one of pass, fail, skip, timeout, crash, xfail, xpass");
  EXPECT_EQ(RefusalOf(TestLine("Pass", "")).find("unknown verdict 'Pass'"), 0U);
  EXPECT_EQ(RefusalOf(TestLine("fail", "boredom")).find("unknown cause 'boredom'"), 0U);
}

TEST(Wire, ATestComesBackAsItWasSent) {
  const wire::Test sent{.test = "A.B",
                        .verdict = TestVerdict::kFail,
                        .reason = "r",
                        .cause = FailCause::kLeak,
                        .duration_ns = 7,
                        .tainted = 512};
  const Event event = Decode(Encode(sent));
  const auto* test = std::get_if<wire::Test>(&event);
  ASSERT_NE(test, nullptr);
  EXPECT_EQ(test->verdict, TestVerdict::kFail);
  EXPECT_EQ(test->cause, FailCause::kLeak);
  EXPECT_EQ(test->duration_ns, 7);
  EXPECT_EQ(test->tainted, 512);
}

struct Read {
  int events = 0;
  std::vector<std::string> garbage;
  EventReader reader{[this](const Event&) { ++events; },
                     [this](const std::string& sentence) { garbage.push_back(sentence); }};
};

TEST(EventReader, CutsLinesWhereverTheBytesAreCut) {
  const std::string bytes = Encode(SomeSlice()) + "\n" + Encode(Skip{"b", "r"}) + "\n";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Read read;
    read.reader.Feed(std::string_view(bytes).substr(0, cut));
    read.reader.Feed(std::string_view(bytes).substr(cut));
    read.reader.End();
    EXPECT_EQ(read.events, 2) << cut;
    EXPECT_TRUE(read.garbage.empty()) << cut;
  }
}

TEST(EventReader, GarbageIsToldInPrintableWordsAndReadingGoesOn) {
  Read read;
  read.reader.Feed("\x01\xfe\x1b[2J\n" + Encode(Skip{"b", "r"}) + "\nhalf a line");
  read.reader.End();
  EXPECT_EQ(read.events, 1);
  ASSERT_EQ(read.garbage.size(), 2U);
  for (const std::string& sentence : read.garbage) {
    for (const char byte : sentence) EXPECT_TRUE(byte >= 0x20 && byte <= 0x7e) << sentence;
  }
}

TEST(EventReader, AnEndlessLineIsBoundedAndSkipped) {
  Read read;
  for (int i = 0; i < 40; ++i) read.reader.Feed(std::string(1 << 16, 'x'));
  read.reader.Feed("\n" + Encode(Skip{"b", "r"}) + "\n");
  EXPECT_EQ(read.garbage.size(), 1U);
  EXPECT_EQ(read.events, 1);
}

}  // namespace
}  // namespace procmark::wire
