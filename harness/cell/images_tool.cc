#include "harness/cell/images_tool.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/cell/installation.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

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

Json JobJson(const GuestJob& job) {
  Json programs = Json::array();
  for (const GuestProgram& program : job.programs) {
    programs.push_back({{"argv", program.argv}, {"deadline_ms", program.deadline_ms}});
  }
  return {{"settle_ms", job.settle_ms},
          {"fault", job.fault},
          {"shell", job.shell},
          {"programs", programs}};
}

}  // namespace

Kernel AcquireKernel(const CellSpec& spec) {
  const Json json = Ask({"kernel", spec.kernel, spec.arch});
  Kernel kernel;
  kernel.release = json.value("release", "");
  kernel.package = json.value("package", "");
  kernel.version = json.value("version", "");
  kernel.image = json.at("path").get<std::string>();
  kernel.sha256 = json.at("sha256").get<std::string>();
  kernel.config = json.value("config", "");
  return kernel;
}

BootImage PackBootImage(const CellSpec& spec, const GuestJob& job,
                        const std::filesystem::path& out) {
  const Programs programs = FindPrograms(spec.arch);
  std::filesystem::path job_file = out;
  job_file += ".job.json";
  std::ofstream stream(job_file, std::ios::trunc);
  stream << JobJson(job).dump() << "\n";
  stream.close();
  if (!stream) {
    sys::ThrowLost(fmt::format("cannot write {}: is the disk full?", job_file.string()));
  }
  std::vector<std::string> words = {"boot-image", "--arch", spec.arch};
  const auto add = [&](const char* option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  add("--init", programs.init.string());
  add("--program", "bench=" + programs.bench.string());
  add("--program", "conformance=" + programs.conformance.string());
  if (job.shell) {
    const auto sysroot = Ask({"sysroot", spec.arch}).at("path").get<std::string>();
    add("--program", "busybox=" + sysroot + "/usr/bin/busybox");
  }
  add("--job", job_file.string());
  add("--out", out.string());
  const Json json = Ask(std::move(words));
  return {json.at("sha256").get<std::string>(), json.at("programs_sha256").get<std::string>()};
}

}  // namespace procmark::cell
