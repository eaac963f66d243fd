// SPDX-License-Identifier: MIT
// Run: one execution of a plan as read back from the store. Raw: no statistic is in here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/sys/enum_names.h"
#include "harness/wire/event.h"

namespace procmark::store {

// How a cell was measured; decides how its numbers may be judged.
enum class Clock {
  kWall,   // the bare machine: nanoseconds
  kKvm,    // a guest on the real CPU: nanoseconds
  kExact,  // a guest under -icount: instructions
  kTcg,    // a guest on an emulated CPU: its nanoseconds are shown and never judged
};

inline constexpr auto kClocks = sys::MakeEnumNames<Clock>(
    {{Clock::kWall, "wall"}, {Clock::kKvm, "kvm"}, {Clock::kExact, "exact"}, {Clock::kTcg, "tcg"}});

constexpr const char* ClockName(Clock clock) { return kClocks.NameOf(clock); }

struct Cell {
  std::string name;  // "native", "amd64/debian-6.1/max/exact"
  Clock clock = Clock::kWall;
  // Everything that the numbers depend on and that is known before they are taken: hashes of
  // program, kernel, initramfs and QEMU, the QEMU command line, the machine. Keys are dotted paths
  // ("kernel.sha256"); `inputs` are what must be equal for two exact cells to be called identical,
  // `environment` is all else worth printing.
  std::map<std::string, std::string> inputs;
  std::map<std::string, std::string> environment;

  friend bool operator==(const Cell&, const Cell&) = default;
};

// A slice with its place in the run.
struct Slice {
  std::string cell;
  int64_t round = 0;     // slices of one round are neighbours in time: the pairs of a comparison
  int64_t sequence = 0;  // order within the run
  wire::Slice slice;
};

struct Skip {
  std::string cell;
  wire::Skip skip;
};

struct Refused {
  std::string cell;
  wire::Refused refused;
};

struct Test {
  std::string cell;
  wire::Test test;
};

enum class LossKind {
  kCrash,    // the kernel or the program died
  kTimeout,  // it hung
  kLost,     // our own machinery failed, or the guest stopped talking: no verdict about any kernel
};

inline constexpr auto kLossKinds = sys::MakeEnumNames<LossKind>(
    {{LossKind::kCrash, "crash"}, {LossKind::kTimeout, "timeout"}, {LossKind::kLost, "lost"}});

constexpr const char* LossKindName(LossKind kind) { return kLossKinds.NameOf(kind); }

// Something that ended a cell or a program early.
struct Loss {
  std::string cell;
  LossKind kind = LossKind::kLost;
  std::string sentence;      // what was seen
  std::string console_tail;  // the last lines of the guest's console; empty natively
  std::string reproduce;     // the command that does it again
};

// The configuration a kernel was built with: "CONFIG_PREEMPT" -> "y"; what is not set is absent.
using KernelConfig = std::map<std::string, std::string>;

// The key of Run::environment that holds the version of the procmark that recorded the run.
inline constexpr const char* kVersionKey = "procmark";

struct Run {
  std::string id;    // "20261121T204316Z-3f9a"
  std::string name;  // as given by --name; may be empty
  std::string started_utc;
  std::filesystem::path folder;
  std::string plan_toml;                           // the resolved plan, re-readable
  std::map<std::string, std::string> environment;  // of the host, and kVersionKey
  // By the SHA-256 of their files, which cells name as environment kernel.config_sha256.
  std::map<std::string, KernelConfig> kernel_configs;
  std::vector<Cell> cells;
  std::vector<Slice> slices;
  std::vector<Skip> skips;
  std::vector<Refused> refused;
  std::vector<Test> tests;
  std::vector<Loss> losses;
  // The version of the procmark that recorded the run; "" when the record does not say it.
  std::string Version() const {
    const auto version = environment.find(kVersionKey);
    return version == environment.end() ? "" : version->second;
  }
  // True when the record ends as it should. False after Ctrl-C, kill -9 or a full disk: what was
  // recorded is still there.
  bool complete = false;
};

}  // namespace procmark::store
