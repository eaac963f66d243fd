// SPDX-License-Identifier: MIT
// procmark-bench: Google Benchmark's command line for people, single slices for the harness.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bench/driver/benchmark_list.h"
#include "bench/driver/measure.h"
#include "harness/sys/complaint.h"
#include "harness/sys/inherited.h"
#include "harness/sys/text.h"
#include "harness/wire/stream.h"

namespace procmark::bench {
namespace {

struct Arguments {
  bool help = false;
  bool list = false;
  std::optional<std::string> slice;
  std::optional<std::string> describe;
  std::optional<std::string> filter;
  std::optional<int> wire_fd;
  Settings settings;
  std::vector<char*> rest;  // Google Benchmark's
};

subject::Clock ParseClock(const std::string& text) {
  if (text == "ns") return subject::Clock::kNanoseconds;
  if (text == "instructions") return subject::Clock::kTicks;
  sys::ThrowUsage("--procmark_clock is ns or instructions, not '" + text + "'");
}

// An option whose value is a whole number from `least` to `most`.
struct NumberOption {
  int64_t least;
  int64_t most;
  void (*set)(int64_t number, Arguments& arguments);
};

struct Option {
  const char* name;   // "--procmark_samples"
  const char* value;  // what stands for its value in the help; "": it takes none
  const char* help;
  std::variant<NumberOption, void (*)(const std::string& value, Arguments& arguments)> apply;
};

const std::vector<Option>& Options() {
  using Text = const std::string&;
  static const std::vector<Option> options = {
      {"--procmark_list", "", "describe every benchmark as JSON",
       [](Text, Arguments& to) { to.list = true; }},
      {"--procmark_describe", "NAME", "describe one benchmark, listed or composed, as JSON",
       [](Text value, Arguments& to) { to.describe = value; }},
      {"--procmark_slice", "NAME", "take one slice of NAME and send it as events",
       [](Text value, Arguments& to) { to.slice = value; }},
      {"--procmark_wire_fd", "FD", "the descriptor to send events to (default for a slice: stdout)",
       NumberOption{0, 1 << 20,
                    [](int64_t number, Arguments& to) { to.wire_fd = static_cast<int>(number); }}},
      {"--procmark_samples", "N", "recorded samples of a slice (default 30)",
       NumberOption{1, subject::kMostSamples,
                    [](int64_t number, Arguments& to) { to.settings.samples = number; }}},
      {"--procmark_warmups", "N", "samples before them that are not recorded (default 5)",
       NumberOption{0, 1'000'000,
                    [](int64_t number, Arguments& to) { to.settings.warmups = number; }}},
      {"--procmark_counted", "N",
       "samples after them for hardware counters and migrations (default 5)",
       NumberOption{0, subject::kMostSamples,
                    [](int64_t number, Arguments& to) { to.settings.counted = number; }}},
      {"--procmark_clock", "CLOCK", "ns, or instructions (meaningful under QEMU's -icount only)",
       [](Text value, Arguments& to) { to.settings.clock = ParseClock(value); }},
      {"--procmark_slow", "PERCENT", "lengthen every timed region by this part of itself",
       NumberOption{0, 10'000,
                    [](int64_t number, Arguments& to) { to.settings.slow_percent = number; }}},
      {"--procmark_deadline_ms", "N", "of one slice (default 30000)",
       NumberOption{1, 86'400'000,
                    [](int64_t number, Arguments& to) { to.settings.deadline_ms = number; }}}};
  return options;
}

void PrintHelp() {
  std::puts("procmark-bench: measures the costs of Linux process management.");
  for (const Option& option : Options()) {
    const std::string shown =
        option.name + std::string(*option.value == '\0' ? "" : "=") + option.value;
    std::printf("  %-25s %s\n", shown.c_str(), option.help);
  }
  std::puts(
      "Without --procmark_slice, Google Benchmark's options apply (--benchmark_filter=REGEX, …).\n"
      "Without a filter, the benchmarks tagged core run. broken/… run by their exact name only.");
}

// Applies one --procmark_… option. Throws Complaint (usage) for an unknown one or a bad value.
void ApplyOption(const std::string& argument, Arguments& arguments) {
  const size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
  for (const Option& option : Options()) {
    if (name != option.name) continue;
    if (const auto* number = std::get_if<NumberOption>(&option.apply)) {
      number->set(sys::RequireNumber(name, value, number->least, number->most), arguments);
    } else {
      std::get<1>(option.apply)(value, arguments);
    }
    return;
  }
  sys::ThrowUsage("there is no option " + name + "; see --help");
}

// Google Benchmark searches its names with the same kind of expression. A leading '-' inverts it.
void RequireRegularExpression(const std::string& filter) {
  try {
    static_cast<void>(
        std::regex(filter.substr(filter.starts_with("-") ? 1 : 0), std::regex_constants::extended));
  } catch (const std::regex_error& error) {
    sys::ThrowUsage("--benchmark_filter='" + filter + "' is no regular expression (" +
                    error.what() + "); write a literal ( or [ as \\( or \\[");
  }
}

Arguments Parse(int argc, char** argv) {
  constexpr std::string_view kFilter = "--benchmark_filter=";
  Arguments arguments;
  arguments.rest.push_back(argv[0]);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--procmark_")) {
      ApplyOption(std::string(argument), arguments);
      continue;
    }
    if (argument == "--help") arguments.help = true;
    if (argument.starts_with(kFilter)) arguments.filter = argument.substr(kFilter.size());
    arguments.rest.push_back(argv[i]);
  }
  if (arguments.slice && arguments.rest.size() > 1)
    sys::ThrowUsage(std::string("--procmark_slice cannot be combined with ") + arguments.rest[1]);
  if (arguments.filter) RequireRegularExpression(*arguments.filter);
  return arguments;
}

// One benchmark for Google Benchmark. Its iterations are the samples of one slice, each with the
// time that the subject measured.
void RunUnderGoogleBenchmark(benchmark::State& state, const ListedBenchmark& listed,
                             const Settings& settings, wire::EventWriter& writer) {
  const Measured measured = MeasureSlice(listed, settings);
  std::visit([&](const auto& event) { writer.Send(event); }, measured);
  if (const auto* skip = std::get_if<wire::Skip>(&measured)) {
    state.SkipWithMessage(skip->reason);
    return;
  }
  if (const auto* refused = std::get_if<wire::Refused>(&measured)) {
    state.SkipWithError(refused->reason);
    return;
  }
  const wire::Slice& slice = std::get<wire::Slice>(measured);
  const double operations = static_cast<double>(slice.operations);
  size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.SetIterationTime(static_cast<double>(slice.samples.at(next++)) * 1e-9 / operations);
  }
  const double least =
      static_cast<double>(*std::min_element(slice.samples.begin(), slice.samples.end()));
  state.counters["q25_" + slice.unit] =
      static_cast<double>(LowerQuartile(slice.samples)) / operations;
  state.counters["min_" + slice.unit] = least / operations;
  for (const auto& [name, value] : slice.counts) state.counters[name] = value;
  state.SetLabel(listed.from + " -> " + listed.to);
}

// Without a filter: the core set. With one: every benchmark, but broken/… only by its exact name.
bool Wanted(const ListedBenchmark& listed, const Arguments& arguments) {
  if (listed.Has("broken")) return arguments.filter == listed.name;
  return arguments.filter.has_value() || listed.Has("core");
}

int RunGoogleBenchmark(const std::vector<ListedBenchmark>& list, Arguments& arguments) {
  wire::EventWriter writer(arguments.wire_fd.value_or(-1), "bench");
  for (const ListedBenchmark& listed : list) {
    if (!Wanted(listed, arguments)) continue;
    benchmark::RegisterBenchmark(listed.name,
                                 [&listed, &arguments, &writer](benchmark::State& state) {
                                   RunUnderGoogleBenchmark(state, listed, arguments.settings,
                                                           writer);
                                 })
        ->UseManualTime()
        ->Iterations(listed.peer == nullptr
                         ? arguments.settings.samples
                         : std::min(arguments.settings.samples, kMostPeerSamples));
  }
  int count = static_cast<int>(arguments.rest.size());
  arguments.rest.push_back(nullptr);
  benchmark::Initialize(&count, arguments.rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.rest.data()))
    return static_cast<int>(sys::ExitCode::kUsage);
  const size_t matched = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  writer.Finish();
  return static_cast<int>(matched > 0 ? sys::ExitCode::kFine : sys::ExitCode::kUsage);
}

int Run(int argc, char** argv) {
  Arguments arguments = Parse(argc, argv);
  if (arguments.help) PrintHelp();
  const long long deadline_ms = arguments.settings.deadline_ms;
  if (arguments.list) {
    std::puts(ListJson(ListBenchmarks(deadline_ms)).c_str());
    return 0;
  }
  if (arguments.describe) {
    std::puts(ListJson({FindBenchmark(*arguments.describe, deadline_ms)}).c_str());
    return 0;
  }
  if (!arguments.slice) return RunGoogleBenchmark(ListBenchmarks(deadline_ms), arguments);
  const ListedBenchmark listed = FindBenchmark(*arguments.slice, deadline_ms);
  wire::EventWriter writer(arguments.wire_fd.value_or(1), "bench");
  const Measured measured = MeasureSlice(listed, arguments.settings);
  std::visit([&](const auto& event) { writer.Send(event); }, measured);
  writer.Finish();
  return 0;
}

}  // namespace
}  // namespace procmark::bench

int main(int argc, char** argv) {
  procmark::sys::SetKnownDescriptors();
  procmark::sys::SetKnownSignals();
  procmark::sys::KeepOwnFilesUsable();
  try {
    const int code = procmark::bench::Run(argc, argv);
    if (const std::string why = procmark::sys::WhyOutputIsIncomplete(); !why.empty()) {
      procmark::sys::ThrowLost(why);
    }
    return code;
  } catch (const procmark::sys::Complaint& complaint) {
    std::fprintf(stderr, "procmark-bench: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "procmark-bench: %s\n", error.what());
    return static_cast<int>(procmark::sys::ExitCode::kLost);
  }
}
