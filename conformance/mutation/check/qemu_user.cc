// SPDX-License-Identifier: MIT
#include "conformance/mutation/check/qemu_user.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "conformance/ctest/verdicts.h"
#include "conformance/mutation/check/fault_table.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {

using conformance::FilterOf;
using conformance::kSkipped;
using conformance::RunTests;
using conformance::Verdicts;

namespace {

constexpr long long kQemuRunDeadlineMs = 240'000;
// Long enough under emulation that a test that times out would never end.
constexpr const char* kTestDeadline = "--procmark_deadline_ms=20000";
// A pinned test that passes is run again this often, because the emulator has races.
constexpr int kMoreTries = 2;
constexpr const char* kNotLookedAt = "the reason is not known yet";

struct Pins {
  std::string version;  // "7.2": major and minor
  double least_share = 0;
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;  // why -> tests

  std::vector<std::string> Tests() const {
    std::vector<std::string> tests;
    for (const auto& [why, names] : groups) tests.insert(tests.end(), names.begin(), names.end());
    return tests;
  }
};

Pins ReadPins(const std::string& path) {
  Pins pins;
  try {
    const nlohmann::json json = nlohmann::json::parse(ReadText(path));
    pins.version = json.at("qemu");
    pins.least_share = json.at("least_share");
    for (const nlohmann::json& group : json.at("groups")) {
      pins.groups.emplace_back(group.at("why"), group.at("tests"));
    }
  } catch (const nlohmann::json::exception& error) {
    sys::ThrowUsage("'" + path + "' is not a list of pinned tests: " + error.what());
  }
  return pins;
}

void WritePins(const std::string& path, const Pins& pins) {
  nlohmann::ordered_json json;
  json["note"] =
      "Tests that fail under qemu-user, which implements Linux incompletely. Written by "
      "`procmark-mutation-check find-qemu`; people make the groups. Under another version of QEMU "
      "a "
      "test that passes is only a warning, unless a smaller share than least_share fails.";
  json["qemu"] = pins.version;
  json["least_share"] = pins.least_share;
  json["groups"] = nlohmann::ordered_json::array();
  for (const auto& [why, tests] : pins.groups) {
    if (!tests.empty()) json["groups"].push_back({{"why", why}, {"tests", tests}});
  }
  std::ofstream file(path);
  file << json.dump(1) << "\n";
  file.close();
  if (!file) sys::ThrowLost("'" + path + "' cannot be written");
}

// "7.2" of a program that prints "qemu-x86_64 version 7.2.22 (…)"; empty when it does not run.
std::string VersionOf(const std::string& qemu) {
  const sys::Result<sys::CommandOutput> said =
      sys::RunCommand({qemu, "--version"}, sys::Deadline::After(10'000));
  if (!said || said.Value().status != 0) return {};
  constexpr std::string_view kBefore = "version ";
  const std::string& text = said.Value().out;
  const size_t before = text.find(kBefore);
  if (before == std::string::npos) return {};
  const size_t begin = before + kBefore.size();
  const size_t dot = text.find('.', begin);
  if (dot == std::string::npos) return {};
  return text.substr(begin, text.find_first_not_of("0123456789", dot + 1) - begin);
}

struct Qemu {
  std::string path;
  std::string version;
};

Qemu FindQemu(const QemuPaths& paths) {
  std::vector<std::string> names = {"qemu-x86_64-static", "qemu-x86_64"};
  if (!paths.qemu.empty()) names = {paths.qemu};
  for (const std::string& name : names) {
    const std::string version = VersionOf(name);
    if (!version.empty()) return {name, version};
  }
  return {};
}

// A test that QEMU ends leaves no process and no System V object on this machine.
std::vector<std::string> NamespaceArgv() {
  std::vector<std::string> argv = {"unshare", "--pid",        "--ipc",
                                   "--fork",  "--kill-child", "--mount-proc"};
  if (::geteuid() != 0) argv.insert(argv.end(), {"--user", "--map-current-user"});
  return argv;
}

bool NamespacesWork() {
  std::vector<std::string> argv = NamespaceArgv();
  argv.push_back("true");
  const sys::Result<sys::CommandOutput> tried = sys::RunCommand(argv, sys::Deadline::After(10'000));
  return tried && tried.Value().status == 0;
}

Verdicts RunUnder(const Qemu& qemu, const QemuPaths& paths, const std::vector<std::string>& tests) {
  std::vector<std::string> argv = NamespaceArgv();
  argv.insert(argv.end(), {qemu.path, paths.conformance, "--procmark_jobs=12",
                           "--procmark_blame_kernel", kTestDeadline});
  if (!tests.empty()) argv.push_back(FilterOf(tests));
  return RunTests(argv, sys::Deadline::After(kQemuRunDeadlineMs));
}

// The tests of `wanted` that did not fail, each with its verdict.
std::map<std::string, std::string> Held(const Verdicts& verdicts,
                                        const std::vector<std::string>& wanted) {
  std::map<std::string, std::string> held;
  for (const std::string& test : wanted) {
    const auto found = verdicts.find(test);
    if (found == verdicts.end()) {
      held[test] = "not run";
    } else if (!found->second.Caught()) {
      held[test] = wire::TestVerdictName(found->second.verdict);
    }
  }
  return held;
}

}  // namespace

int FindQemuFailures(const QemuPaths& paths, int rounds) {
  const Qemu qemu = FindQemu(paths);
  if (qemu.path.empty())
    sys::ThrowUsage("qemu-user is not installed: install Debian's package qemu-user-static");
  std::map<std::string, int> failures;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& [test, verdict] : RunUnder(qemu, paths, {})) {
      if (verdict.Caught()) ++failures[test];
    }
  }
  std::erase_if(failures, [rounds](const auto& one) { return one.second < rounds; });
  Pins pins = ReadPins(paths.pins);
  pins.version = qemu.version;
  std::set<std::string> placed;
  for (auto& [why, tests] : pins.groups) {
    std::erase_if(tests, [&](const std::string& test) { return !failures.contains(test); });
    placed.insert(tests.begin(), tests.end());
  }
  std::vector<std::string> fresh;
  for (const auto& [test, count] : failures) {
    if (!placed.contains(test)) fresh.push_back(test);
  }
  pins.groups.emplace_back(kNotLookedAt, fresh);
  WritePins(paths.pins, pins);
  std::printf("%zu tests fail under QEMU %s in %d rounds of %d, %zu of them are new\n",
              failures.size(), qemu.version.c_str(), rounds, rounds, fresh.size());
  return 0;
}

int CheckQemuFailures(const QemuPaths& paths) {
  const Pins pins = ReadPins(paths.pins);
  const Qemu qemu = FindQemu(paths);
  if (qemu.path.empty() || !NamespacesWork()) {
    std::printf("skipped: %s\n", qemu.path.empty()
                                     ? "qemu-user is not installed (Debian: qemu-user-static)"
                                     : "no pid and ipc namespaces can be made here");
    return kSkipped;
  }
  const bool same = qemu.version == pins.version;
  const std::vector<std::string> wanted = pins.Tests();
  std::map<std::string, std::string> held = Held(RunUnder(qemu, paths, wanted), wanted);
  for (int more = 0; more < kMoreTries && !held.empty(); ++more) {
    std::vector<std::string> again;
    for (const auto& [test, word] : held) {
      std::printf("again: %s did not fail: %s\n", test.c_str(), word.c_str());
      again.push_back(test);
    }
    held = Held(RunUnder(qemu, paths, again), again);
  }
  for (const auto& [test, word] : held) {
    std::printf("%s %s: %s\n", same ? "TROUBLE" : "warning", test.c_str(), word.c_str());
  }
  const size_t failed = wanted.size() - held.size();
  const double share = static_cast<double>(failed) / static_cast<double>(wanted.size());
  std::printf("%zu of %zu pinned tests fail under QEMU %s (pinned for %s)\n", failed, wanted.size(),
              qemu.version.c_str(), pins.version.c_str());
  for (const auto& [why, tests] : pins.groups) {
    std::printf("  %3zu: %s\n", tests.size(), why.c_str());
    if (why == kNotLookedAt) return 1;
  }
  return same ? (held.empty() ? 0 : 1) : (share >= pins.least_share ? 0 : 1);
}

}  // namespace procmark::mutation
