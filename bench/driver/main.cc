// procmark-bench: Google Benchmark's command line by hand, single slices for the harness.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/driver/benchmark_list.h"
#include "bench/driver/measure.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"
#include "harness/wire/stream.h"

namespace procmark::bench {
namespace {

constexpr const char* kHelp =
    "procmark-bench: what Linux process management costs.\n"
    "  --procmark_list           describe every benchmark as JSON\n"
    "  --procmark_describe=NAME  describe one benchmark, listed or composed, as JSON\n"
    "  --procmark_slice=NAME     measure one slice of NAME; send it on the wire (default: stdout)\n"
    "  --procmark_wire_fd=FD     where events go\n"
    "  --procmark_samples=N      recorded samples of a slice (default 30)\n"
    "  --procmark_warmups=N      samples before them, not recorded (default 5)\n"
    "  --procmark_counted=N      samples after them, for hardware counters and migrations "
    "(default 5)\n"
    "  --procmark_clock=CLOCK    ns, or instructions (meaningful under QEMU's -icount only)\n"
    "  --procmark_slow=PERCENT   canary: lengthen every timed region by this part of itself\n"
    "  --procmark_deadline_ms=N  of one slice (default 30000)\n"
    "Without --procmark_slice Google Benchmark's options hold (--benchmark_filter=REGEX, ...);\n"
    "without a filter the benchmarks tagged core run. broken/... run by their exact name only.\n";

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

int64_t Number(std::string_view option, std::string_view text, int64_t least, int64_t most) {
  return sys::RequireNumber(std::string(option), text, least, most);
}

subject::Clock ParseClock(std::string_view text) {
  if (text == "ns") return subject::Clock::kNanoseconds;
  if (text == "instructions") return subject::Clock::kTicks;
  sys::ThrowUsage("--procmark_clock is ns or instructions, not '" + std::string(text) + "'");
}

// One --procmark_... option; a name that is none is an error.
void ParseOwn(std::string_view argument, Arguments& arguments) {
  const size_t equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : argument.substr(equals + 1);
  Settings& settings = arguments.settings;
  if (name == "--procmark_list") {
    arguments.list = true;
  } else if (name == "--procmark_describe") {
    arguments.describe = std::string(value);
  } else if (name == "--procmark_slice") {
    arguments.slice = std::string(value);
  } else if (name == "--procmark_wire_fd") {
    arguments.wire_fd = static_cast<int>(Number(name, value, 0, 1 << 20));
  } else if (name == "--procmark_samples") {
    settings.samples = Number(name, value, 1, subject::kMostSamples);
  } else if (name == "--procmark_warmups") {
    settings.warmups = Number(name, value, 0, 1'000'000);
  } else if (name == "--procmark_counted") {
    settings.counted = Number(name, value, 0, subject::kMostSamples);
  } else if (name == "--procmark_clock") {
    settings.clock = ParseClock(value);
  } else if (name == "--procmark_slow") {
    settings.slow_percent = Number(name, value, 0, 10'000);
  } else if (name == "--procmark_deadline_ms") {
    settings.deadline_ms = Number(name, value, 1, 86'400'000);
  } else {
    sys::ThrowUsage("there is no option " + std::string(name) + "; see --help");
  }
}

Arguments Parse(int argc, char** argv) {
  constexpr std::string_view kFilter = "--benchmark_filter=";
  Arguments arguments;
  arguments.rest.push_back(argv[0]);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--procmark_")) {
      ParseOwn(argument, arguments);
      continue;
    }
    if (argument == "--help") arguments.help = true;
    if (argument.starts_with(kFilter)) arguments.filter = argument.substr(kFilter.size());
    arguments.rest.push_back(argv[i]);
  }
  if (arguments.slice && arguments.rest.size() > 1)
    sys::ThrowUsage(std::string("--procmark_slice does not go together with ") + arguments.rest[1]);
  return arguments;
}

// One benchmark in Google Benchmark's terms: its iterations are the samples of one slice, each with
// the time that the subject took.
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

// Without a filter the core set, with one all but the broken, which answer to their exact name.
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
  if (arguments.help) std::fputs(kHelp, stdout);
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
  try {
    return procmark::bench::Run(argc, argv);
  } catch (const procmark::sys::Complaint& complaint) {
    std::fprintf(stderr, "procmark-bench: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "procmark-bench: %s\n", error.what());
    return static_cast<int>(procmark::sys::ExitCode::kLost);
  }
}
