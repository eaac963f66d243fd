#include "harness/cell/kvm_probe.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::cell {
namespace {

using Json = nlohmann::json;

std::optional<KvmVerdict> ReadKept(const KvmProbe& probe) {
  if (probe.cache_file.empty()) return std::nullopt;
  sys::Result<std::string> text = sys::ReadSmallFile(probe.cache_file.string());
  if (!text) return std::nullopt;
  const Json json = Json::parse(text.Value(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("key", "") != probe.key) return std::nullopt;
  return KvmVerdict{json.value("works", false), json.value("reason", "")};
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

std::string WhyKvmDeviceFails(const std::filesystem::path& device) {
  const sys::Fd kvm(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!kvm.Valid()) return device.string() + ": " + sys::LastError("open").Text();
  const int version = ::ioctl(kvm.Get(), KVM_GET_API_VERSION, 0);
  if (version < 0) {
    return device.string() + ": " + sys::LastError("ioctl(KVM_GET_API_VERSION)").Text();
  }
  if (version != KVM_API_VERSION) {
    return device.string() + ": unknown API version " + std::to_string(version);
  }
  return "";
}

KvmVerdict ProbeKvm(const KvmProbe& probe) {
  const std::string device = probe.why_device_fails();
  if (!device.empty()) return {false, device};
  if (const std::optional<KvmVerdict> kept = ReadKept(probe)) return *kept;
  KvmVerdict verdict;
  try {
    const GuestOutcome outcome = probe.boot_canary();
    if (outcome.end == GuestEnd::kInterrupted) return {false, outcome.sentence};
    verdict.works = outcome.end == GuestEnd::kDone;
    verdict.reason = verdict.works
                         ? "a canary guest booted, spoke and powered off"
                         : "the device answers, but a canary guest failed: " + outcome.sentence;
  } catch (const sys::Complaint& complaint) {
    return {false, std::string("the canary guest could not be tried: ") + complaint.what()};
  }
  Keep(probe, verdict);
  return verdict;
}

}  // namespace procmark::cell
