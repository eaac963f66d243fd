// SPDX-License-Identifier: MIT
#include "images/host/tool_commands.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "images/host/cache.h"
#include "images/host/command.h"
#include "images/host/export_kernels.h"
#include "images/host/kernel.h"
#include "images/host/lab_module.h"
#include "images/host/package_root.h"
#include "images/host/sysroot.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// An object is printed as "name: value" lines for a person.
void Print(const Json& result, bool as_json) {
  if (as_json) {
    std::printf("%s\n", result.dump().c_str());
    return;
  }
  for (const auto& [name, value] : result.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!text.empty()) std::printf("%s: %s\n", name.c_str(), text.c_str());
  }
}

}  // namespace

void PrintKernel(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  Print(ToJson(AcquireKernel(cache, KernelName::Parse(arguments.kernel), arguments.arch)),
        arguments.json);
}

void PrintLab(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const Kernel kernel = AcquireKernel(cache, KernelName::Parse(arguments.kernel), arguments.arch);
  const LabModule lab = AcquireLabModule(cache, kernel, sys::kCompiledArch.name);
  Print({{"path", lab.path.string()}, {"sha256", lab.sha256}, {"kernel", kernel.release}},
        arguments.json);
}

void PrintSysroot(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const Sysroot sysroot = AcquireSysroot(cache, arguments.arch, arguments.refresh);
  if (!arguments.json) {
    std::printf("%s\n", sysroot.path.c_str());
    return;
  }
  Print({{"arch", sysroot.arch}, {"path", sysroot.path.string()}, {"packages", sysroot.packages}},
        true);
}

void PrintBootImage(Arguments arguments) {
  for (const std::string& program : arguments.programs) {
    const auto [name, path] = ParseProgram(program);
    if (!arguments.image.content.programs.emplace(name, path).second) {
      sys::ThrowUsage(fmt::format("--program {} is given twice: give each NAME once", name));
    }
  }
  for (const std::string& file : arguments.files) arguments.image.files.merge(ParseFiles(file));
  Print(WriteBootImage(arguments.image), arguments.json);
}

void PrintRoot(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const PackageRoot root = AcquirePackageRoot(cache, arguments.suite, arguments.arch,
                                              arguments.names, arguments.refresh);
  Print({{"path", root.archive.string()}, {"sha256", root.sha256}, {"packages", root.packages}},
        arguments.json);
}

void Export(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  std::vector<KernelName> names;
  for (const std::string& name : arguments.names) names.push_back(KernelName::Parse(name));
  const Cache to(fs::absolute(arguments.to), cache.LimitBytes());
  Json exported = Json::array();
  for (const Kernel& kernel :
       ExportKernels(cache, names, arguments.arch, to, !arguments.without_modules)) {
    exported.push_back(ToJson(kernel));
    if (arguments.json) continue;
    std::printf("kernel %s %s %s\n", kernel.arch.c_str(), kernel.name.c_str(),
                kernel.release.c_str());
  }
  if (arguments.json) Print(exported, true);
}

// What belongs into a snapshot is cell/'s business; here it is a folder with a key.
void PrintSnapshot(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const FileLock lock = cache.Lock("snapshot", arguments.key);
  std::optional<Slot> slot = cache.Find("snapshot", arguments.key);
  // Somebody else may have made it meanwhile, and may be using it: that one stays.
  if (!slot && !arguments.adopted.empty()) {
    slot = cache.Publish("snapshot", arguments.key, [&arguments](const fs::path& folder) {
      for (const fs::directory_entry& entry : fs::directory_iterator(arguments.adopted)) {
        fs::rename(entry.path(), folder / entry.path().filename());
      }
      return Json::object();
    });
  }
  Print({{"path", slot ? slot->folder.string() : ""},
         {"use_lock", cache.UseLockOf("snapshot", arguments.key).string()}},
        arguments.json);
}

void PrintCache(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  std::string staging;
  try {
    staging = cache.StagingFolder().string();
  } catch (const sys::Complaint& complaint) {
    // A cache that cannot be written can still be read.
    if (complaint.Code() != sys::ExitCode::kLost) throw;
  }
  Print({{"path", cache.Root().string()}, {"staging", staging}}, arguments.json);
}

void PrintList(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  std::vector<std::string> archs = arguments.archs;
  if (archs.empty()) archs.push_back(sys::kCompiledArch.name);
  Json all = Json::array();
  for (const std::string& arch : archs) {
    for (const Obtainable& kernel : ListObtainable(cache, arch)) {
      all.push_back({{"arch", kernel.arch},
                     {"name", kernel.name},
                     {"release", kernel.release},
                     {"version", kernel.version},
                     {"suite", kernel.suite},
                     {"cached", kernel.cached}});
      if (arguments.json) continue;
      std::printf("%-8s %-28s %-26s %-17s %s\n", arch.c_str(), kernel.name.c_str(),
                  kernel.version.c_str(), kernel.suite.c_str(), kernel.cached ? "cached" : "");
    }
  }
  if (arguments.json) Print(all, true);
}

void Build(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  std::vector<KernelName> names;
  for (const std::string& name : arguments.names) names.push_back(KernelName::Parse(name));
  std::vector<std::string> archs = arguments.archs;
  if (archs.empty()) archs.push_back(sys::kCompiledArch.name);
  Json built = {{"kernels", Json::array()}, {"sysroots", Json::array()}};
  for (const std::string& arch : archs) {
    const Sysroot sysroot = AcquireSysroot(cache, arch, arguments.refresh);
    built["sysroots"].push_back({{"arch", arch}, {"path", sysroot.path.string()}});
    if (!arguments.json) std::printf("sysroot %s %s\n", arch.c_str(), sysroot.path.c_str());
    for (const KernelName& name : names) {
      const Kernel kernel = AcquireKernel(cache, name, arch);
      built["kernels"].push_back(ToJson(kernel));
      if (arguments.json) continue;
      std::printf("kernel %s %s %s %s\n", arch.c_str(), name.text.c_str(), kernel.release.c_str(),
                  kernel.path.c_str());
    }
  }
  if (arguments.json) Print(built, true);
}

void Prune(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const int64_t limit = arguments.limit.empty() ? cache.LimitBytes() : ParseBytes(arguments.limit);
  Json removed = Json::array();
  int64_t bytes = 0;
  for (const Cache::Usage& slot : cache.Prune(limit, 0)) {
    removed.push_back({{"kind", slot.kind}, {"key", slot.key}, {"bytes", slot.bytes}});
    bytes += slot.bytes;
  }
  if (arguments.json) {
    Print({{"removed", removed}, {"bytes", bytes}}, true);
  } else {
    std::printf("removed %zu of the cache's slots, %lld bytes\n", removed.size(),
                static_cast<long long>(bytes));
  }
}

void Verify(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const std::vector<std::string> damaged = cache.Verify();
  const size_t slots = cache.List().size();
  if (arguments.json) {
    Print({{"slots", slots}, {"damaged", damaged}}, true);
  } else {
    for (const std::string& sentence : damaged) std::printf("%s\n", sentence.c_str());
    std::printf("%zu slots, %zu damaged\n", slots, damaged.size());
  }
  if (!damaged.empty()) {
    sys::ThrowLost("the cache is damaged; what is damaged is made again when it is next used");
  }
}

}  // namespace procmark::images
