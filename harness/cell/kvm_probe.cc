// SPDX-License-Identifier: MIT
#include "harness/cell/kvm_probe.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"

namespace procmark::cell {
namespace {

using Json = nlohmann::json;

constexpr const char* kMendOfBrokenKvm =
    "update this machine's kernel, or the hypervisor that it runs under; `dmesg | grep -i kvm` may "
    "say more. Exact cells need no KVM";

std::optional<KvmVerdict> ReadKept(const KvmProbe& probe) {
  if (probe.cache_file.empty()) return std::nullopt;
  sys::Result<std::string> text = sys::ReadSmallFile(probe.cache_file.string());
  if (!text) return std::nullopt;
  const Json json = Json::parse(text.Value(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("key", "") != probe.key) return std::nullopt;
  const bool works = json.value("works", false);
  return KvmVerdict{works, json.value("reason", ""), works ? "" : kMendOfBrokenKvm};
}

// A verdict that cannot be kept is only asked again.
void Keep(const KvmProbe& probe, const KvmVerdict& verdict) {
  if (probe.cache_file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(probe.cache_file.parent_path(), ignored);
  std::ofstream(probe.cache_file, std::ios::trunc)
      << Json{{"key", probe.key}, {"works", verdict.works}, {"reason", verdict.reason}}.dump()
      << "\n";
}

}  // namespace

KvmVerdict ProbeKvm(const KvmProbe& probe) {
  const KvmTrouble trouble = probe.examine();
  if (!trouble.reason.empty()) return {false, trouble.reason, trouble.mend};
  if (const std::optional<KvmVerdict> kept = ReadKept(probe)) return *kept;
  KvmVerdict verdict;
  try {
    const GuestOutcome outcome = probe.boot_canary();
    if (outcome.end == GuestEnd::kInterrupted) return {false, outcome.sentence, ""};
    verdict.works = outcome.end == GuestEnd::kDone;
    verdict.reason = verdict.works
                         ? "a canary guest booted, spoke and powered off"
                         : "the device answers, but a canary guest failed: " + outcome.sentence;
  } catch (const sys::Complaint& complaint) {
    return {false, std::string("the canary guest could not be tried: ") + complaint.what(), ""};
  }
  if (!verdict.works) verdict.mend = kMendOfBrokenKvm;
  Keep(probe, verdict);
  return verdict;
}

}  // namespace procmark::cell
