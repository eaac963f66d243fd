// SPDX-License-Identifier: MIT
#include "harness/cell/images_tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/cell/installation.h"
#include "harness/cell/machine.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"
#include "harness/sys/whole_file.h"

namespace procmark::cell {
namespace {

using Json = nlohmann::json;

constexpr long long kToolDeadlineMs = 900'000;

// Runs the tool and returns its JSON; its last line on stderr is its complaint.
Json Ask(std::vector<std::string> words) {
  words.insert(words.begin(), FindImagesTool().string());
  words.emplace_back("--json");
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand(words, sys::Deadline::After(kToolDeadlineMs));
  if (!output && output.Failure().error_number == EINTR) {
    throw sys::Complaint(sys::ExitCode::kInterrupted, "interrupted while an image was being made");
  }
  if (!output) {
    sys::ThrowLost(fmt::format("{} {}: {}", words[0], words[1], output.Failure().Text()));
  }
  const sys::CommandOutput& said = output.Value();
  if (said.status != 0) {
    std::string complaint = said.err;
    while (!complaint.empty() && complaint.back() == '\n') complaint.pop_back();
    const size_t line = complaint.rfind('\n');
    if (line != std::string::npos) complaint.erase(0, line + 1);
    constexpr std::string_view kPrefix = "procmark: ";
    if (complaint.starts_with(kPrefix)) complaint.erase(0, kPrefix.size());
    const bool usage = WIFEXITED(said.status) &&
                       WEXITSTATUS(said.status) == static_cast<int>(sys::ExitCode::kUsage);
    throw sys::Complaint(usage ? sys::ExitCode::kUsage : sys::ExitCode::kLost,
                         complaint.empty() ? fmt::format("{} {}: {}", words[0], words[1],
                                                         sys::DescribeWaitStatus(said.status))
                                           : complaint);
  }
  try {
    return Json::parse(said.out);
  } catch (const Json::exception& error) {
    sys::ThrowLost(fmt::format("{} {} printed no JSON: {}", words[0], words[1], error.what()));
  }
}

// Locks the slot with `path` in it. Throws a lost Complaint when it was pruned just before.
HeldSlot Hold(const std::string& use_lock, const std::filesystem::path& path) {
  if (use_lock.empty()) return nullptr;
  auto file =
      std::make_shared<sys::Fd>(::open(use_lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
  // The cache of another user can be read without a lock; its owner decides when it is pruned.
  if (file->Valid()) (void)::flock(file->Get(), LOCK_SH);
  if (!std::filesystem::exists(path)) {
    sys::ThrowLost(fmt::format("{} was pruned from the cache just now: try again", path.string()));
  }
  return file;
}

Snapshot SnapshotOf(const Json& json) {
  const auto path = json.at("path").get<std::string>();
  if (path.empty()) return {};
  return {path, Hold(json.value("use_lock", ""), path)};
}

// The modules to pack. Debian's kernels have the drivers of the channels in machine.cc.
std::vector<std::string> ModulesFor(const CellSpec& spec, const Kernel& kernel) {
  std::vector<std::string> modules;
  const bool virtio = std::string_view(MachineOf(spec.arch).channel).starts_with("/dev/vport");
  if (virtio && kernel.package.empty() && !kernel.modules_dir.empty())
    modules.emplace_back("virtio_console?");
  for (std::string& name : sys::SplitNonEmpty(spec.modules, ','))
    modules.push_back(std::move(name));
  return modules;
}

}  // namespace

std::string GuestJob::Json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const GuestProgram& program : programs) {
    list.push_back({{"argv", program.argv}, {"deadline_ms", program.deadline_ms}});
  }
  nlohmann::json json = {{"settle_ms", settle_ms},
                         {"fault", fault},
                         {"shell", shell},
                         {"handover", handover},
                         {"programs", list}};
  if (symbols) json["symbols"] = true;
  return json.dump();
}

store::KernelConfig ReadKernelConfig(const std::filesystem::path& config) {
  std::ifstream stream(config);
  if (!stream) sys::ThrowLost(fmt::format("cannot read {}", config.string()));
  store::KernelConfig options;
  for (std::string line; std::getline(stream, line);) {
    const size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != std::string::npos) {
      options[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  return options;
}

Kernel AcquireKernel(const CellSpec& spec) {
  const Json json = Ask({"kernel", spec.kernel, spec.arch});
  Kernel kernel;
  kernel.release = json.value("release", "");
  kernel.package = json.value("package", "");
  kernel.version = json.value("version", "");
  kernel.image = json.at("path").get<std::string>();
  kernel.sha256 = json.at("sha256").get<std::string>();
  kernel.config = json.value("config", "");
  kernel.modules_dir = json.value("modules_dir", "");
  kernel.held = Hold(json.value("use_lock", ""), kernel.image);
  return kernel;
}

BootImage PackBootImage(const CellSpec& spec, const Kernel& kernel, const GuestJob& job,
                        const std::filesystem::path& out) {
  const Programs programs = FindPrograms(spec.arch);
  std::filesystem::path job_file = out;
  job_file += ".job.json";
  sys::WriteWholeFile(job_file, job.Json() + "\n");
  std::vector<std::string> words = {"boot-image", "--arch", spec.arch};
  const auto add = [&](const char* option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  add("--init", programs.init.string());
  add("--program", "bench=" + programs.bench.string());
  add("--program", "conformance=" + programs.conformance.string());
  if (job.shell || spec.userland) {
    const auto sysroot = Ask({"sysroot", spec.arch}).at("path").get<std::string>();
    if (job.shell) add("--program", "busybox=" + sysroot + "/usr/bin/busybox");
    if (spec.userland) add("--userland", sysroot);
  }
  add("--modules-dir", kernel.modules_dir.string());
  for (const std::string& module : ModulesFor(spec, kernel)) add("--module", module);
  std::string lab_sha256;
  if (spec.lab) {
    const Json lab = Ask({"lab", spec.kernel, spec.arch});
    lab_sha256 = lab.at("sha256").get<std::string>();
    add("--program", "lab.ko=" + lab.at("path").get<std::string>());
  }
  add("--job", job_file.string());
  add("--out", out.string());
  const Json json = Ask(std::move(words));
  const nlohmann::json& handover = json.at("handover");
  return {json.at("sha256").get<std::string>(),
          json.at("programs_sha256").get<std::string>(),
          json.at("modules_sha256").get<std::string>(),
          lab_sha256,
          {handover.at("stop").get<uint64_t>(), handover.at("job").get<uint64_t>(),
           handover.at("job_bytes").get<uint64_t>()}};
}

Snapshot FindSnapshot(const std::string& key) { return SnapshotOf(Ask({"snapshot", key})); }

Snapshot AdoptSnapshot(const std::string& key, const std::filesystem::path& folder) {
  return SnapshotOf(Ask({"snapshot", key, "--adopt", folder.string()}));
}

std::filesystem::path StagingFolder() {
  const Json cache = Ask({"cache"});
  const auto folder = cache.at("staging").get<std::string>();
  if (folder.empty()) {
    sys::ThrowLost(
        fmt::format("nothing can be written to the cache {}; set PROCMARK_CACHE to a "
                    "folder of yours",
                    cache.at("path").get<std::string>()));
  }
  return folder;
}

std::filesystem::path CacheFolder() { return Ask({"cache"}).at("path").get<std::string>(); }

}  // namespace procmark::cell
