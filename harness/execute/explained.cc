// SPDX-License-Identifier: MIT
#include "harness/execute/explained.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/execute/profile_visit.h"
#include "harness/explain/difference.h"
#include "harness/explain/explanation_json.h"
#include "harness/explain/profile_file.h"
#include "harness/explain/stacks.h"
#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"
#include "harness/sys/whole_file.h"

namespace procmark::execute {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "explain";
constexpr const char* kJsonEnding = ".json";
constexpr const char* kSpeedscopeEnding = ".speedscope.json";

std::string Flat(std::string name) {
  std::ranges::replace(name, '/', '+');
  return name;
}

std::string DigestOf(const std::string& bytes) {
  sys::Sha256 digest;
  digest.Add(bytes);
  return digest.Hex();
}

explain::Explanation ExplanationOf(const ProfiledSlice& taken, const std::string& arch) {
  const explain::Profile profile = explain::ReadProfile(taken.profile);
  const explain::SymbolTable symbols = explain::MakeSymbolTable(arch, taken.kallsyms);
  explain::Explanation explanation =
      explain::Explain({taken.slice, profile, symbols, explain::NoInlinedFunctions()});
  explanation.cell = taken.cell.name;
  const auto release = taken.cell.environment.find("kernel.release");
  if (release != taken.cell.environment.end()) explanation.kernel = release->second;
  explanation.kallsyms_sha256 = DigestOf(taken.kallsyms);
  return explanation;
}

}  // namespace

explain::Explanation ExplainBenchmark(const Work& work, const NamedCell& named, Recorder& recorder,
                                      Progress& progress) {
  const ProfiledSlice taken = TakeProfile(work, named, recorder, progress);
  explain::Explanation explanation;
  try {
    explanation = ExplanationOf(taken, named.spec.arch);
  } catch (const std::runtime_error& error) {
    sys::ThrowLost(fmt::format("{} in {} cannot be explained: {}", work.benchmarks.front(),
                               named.name, error.what()));
  }
  const fs::path folder = recorder.Folder() / kFolder;
  fs::create_directories(folder);
  const std::string stem = Flat(explanation.cell + "+" + explanation.benchmark);
  sys::WriteWholeFile(folder / (stem + kJsonEnding), explain::ToJson(explanation));
  sys::WriteWholeFile(folder / (stem + ".collapsed"), explain::CollapsedStacks(explanation));
  sys::WriteWholeFile(folder / (stem + kSpeedscopeEnding), explain::Speedscope(explanation));
  return explanation;
}

void WriteDifference(const explain::Explanation& a, const explain::Explanation& b,
                     const fs::path& folder) {
  const std::string name = Flat(b.cell + "+" + b.benchmark) + ".against." + Flat(a.cell);
  sys::WriteWholeFile(folder / kFolder / (name + ".difffolded"),
                      explain::CollapsedDifference(a, b));
}

std::vector<explain::Explanation> ReadExplanations(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder / kFolder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kJsonEnding) && !name.ends_with(kSpeedscopeEnding)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<explain::Explanation> explanations;
  for (const fs::path& file : files) {
    const std::string text = sys::ReadWholeFile(file);
    try {
      explanations.push_back(explain::FromJson(text));
    } catch (const std::runtime_error& error) {
      sys::ThrowUsage(fmt::format("{}: {}", file.string(), error.what()));
    }
  }
  return explanations;
}

}  // namespace procmark::execute
