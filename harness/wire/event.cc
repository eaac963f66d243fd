// SPDX-License-Identifier: MIT
#include "harness/wire/event.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace procmark::wire {

// Field by field in one place for both directions.
// NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE has no optional fields, which Slice and Test have.
#define PROCMARK_SLICE_FIELDS(DO) \
  DO(benchmark)                   \
  DO(from) DO(to) DO(unit) DO(operations) DO(warmups) DO(samples) DO(counts) DO(footprint)
#define PROCMARK_OPTIONAL_SLICE_FIELDS(DO) DO(from_cpus) DO(to_cpus) DO(absent)
static void to_json(nlohmann::json& json, const Slice& slice) {
#define PROCMARK_PUT(field) json[#field] = slice.field;
  PROCMARK_SLICE_FIELDS(PROCMARK_PUT)
#undef PROCMARK_PUT
#define PROCMARK_PUT(field) \
  if (!slice.field.empty()) json[#field] = slice.field;
  PROCMARK_OPTIONAL_SLICE_FIELDS(PROCMARK_PUT)
#undef PROCMARK_PUT
}
static void from_json(const nlohmann::json& json, Slice& slice) {
#define PROCMARK_GET(field) json.at(#field).get_to(slice.field);
  PROCMARK_SLICE_FIELDS(PROCMARK_GET)
#undef PROCMARK_GET
#define PROCMARK_GET(field) \
  if (json.contains(#field)) json.at(#field).get_to(slice.field);
  PROCMARK_OPTIONAL_SLICE_FIELDS(PROCMARK_GET)
#undef PROCMARK_GET
}
#undef PROCMARK_OPTIONAL_SLICE_FIELDS
#undef PROCMARK_SLICE_FIELDS

static void to_json(nlohmann::json& json, const Test& test) {
  json = {{"test", test.test},
          {"verdict", TestVerdictName(test.verdict)},
          {"reason", test.reason},
          {"cause", FailCauseName(test.cause)},
          {"duration_ns", test.duration_ns}};
  if (test.tainted != 0) json["tainted"] = test.tainted;
}
static void from_json(const nlohmann::json& json, Test& test) {
  json.at("test").get_to(test.test);
  test.verdict = kTestVerdicts.Require("verdict", json.at("verdict").get<std::string>());
  json.at("reason").get_to(test.reason);
  test.cause = kFailCauses.Require("cause", json.at("cause").get<std::string>());
  json.at("duration_ns").get_to(test.duration_ns);
  test.tainted = json.value("tainted", int64_t{0});
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Hello, wire, program, arch)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Skip, benchmark, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Refused, benchmark, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestStart, test)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Boot, release, version, machine, cmdline, clocksource, facts)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProgramStart, index)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProgramEnd, index, status, tainted)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Symbols, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Done, program, events)

namespace {

using Json = nlohmann::json;

template <typename T>
constexpr const char* kTypeName = nullptr;
template <>
constexpr const char* kTypeName<Hello> = "hello";
template <>
constexpr const char* kTypeName<Slice> = "slice";
template <>
constexpr const char* kTypeName<Skip> = "skip";
template <>
constexpr const char* kTypeName<Refused> = "refused";
template <>
constexpr const char* kTypeName<TestStart> = "test_start";
template <>
constexpr const char* kTypeName<Test> = "test";
template <>
constexpr const char* kTypeName<Boot> = "boot";
template <>
constexpr const char* kTypeName<ProgramStart> = "program_start";
template <>
constexpr const char* kTypeName<ProgramEnd> = "program_end";
template <>
constexpr const char* kTypeName<Symbols> = "symbols";
template <>
constexpr const char* kTypeName<Done> = "done";

// Every whole number up to here is a double. No counter of a kernel gets there in one sample.
constexpr double kLargestNumber = 9007199254740992.0;

void Require(bool holds, const char* sentence) {
  if (!holds) throw std::runtime_error(sentence);
}

template <typename T>
void Validate(const T&) {}

void Validate(const Hello& hello) {
  Require(hello.wire == kWireVersion, "the program speaks another version of the wire");
}

void Validate(const Slice& slice) {
  static const std::set<std::string> kEdges = {"call", "parent_return", "child_start", "child_exit",
                                               "reaped"};
  Require(!slice.benchmark.empty(), "a slice names no benchmark");
  Require(kEdges.contains(slice.from) && kEdges.contains(slice.to),
          "a slice names an unknown edge");
  Require(slice.unit == "ns" || slice.unit == "instructions", "a slice has an unknown unit");
  Require(slice.operations >= 1, "a slice counts less than one operation per sample");
  Require(!slice.samples.empty(), "a slice holds no samples");
  Require(static_cast<int64_t>(slice.samples.size()) <= kMostSamples,
          "a slice holds more samples than a subject has room for");
  for (const int64_t sample : slice.samples) Require(sample >= 0, "a sample is negative");
  Require(slice.from_cpus.size() == slice.to_cpus.size() &&
              (slice.to_cpus.empty() || slice.to_cpus.size() == slice.samples.size()),
          "a slice has another number of CPUs than of samples");
  for (const auto* numbers : {&slice.counts, &slice.footprint}) {
    for (const auto& [name, value] : *numbers) {
      Require(std::abs(value) <= kLargestNumber, "a count or a footprint is beyond 2^53");
    }
  }
}

void Validate(const Test& test) {
  Require(!test.test.empty(), "a test record names no test");
  Require(test.verdict != TestVerdict::kXfail && test.verdict != TestVerdict::kXpass,
          "a test record has the verdict xfail or xpass, which only the harness gives");
  Require(test.verdict == TestVerdict::kPass || !test.reason.empty(),
          "a test that did not pass gives no reason");
}

// Tries the alternatives of Event in turn.
template <size_t kIndex = 0>
Event DecodeAs(const std::string& type, const Json& json) {
  if constexpr (kIndex < std::variant_size_v<Event>) {
    using T = std::variant_alternative_t<kIndex, Event>;
    if (type != kTypeName<T>) return DecodeAs<kIndex + 1>(type, json);
    T value = json.get<T>();
    Validate(value);
    return value;
  } else {
    throw std::runtime_error("unknown event type '" + type + "'");
  }
}

}  // namespace

std::string Encode(const Event& event) {
  return std::visit(
      [](const auto& value) {
        Json json = value;
        json["type"] = kTypeName<std::decay_t<decltype(value)>>;
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
      },
      event);
}

Event Decode(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    return DecodeAs(json.at("type").get<std::string>(), json);
  } catch (const Json::exception& error) {
    throw std::runtime_error(std::string("not a record: ") + error.what());
  }
}

}  // namespace procmark::wire
