// procmark-images: fetches kernels and sysroots, writes boot images, builds the lab module, keeps
// the cache. Results go to stdout (as JSON with --json), progress and complaints to stderr.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/sys/complaint.h"
#include "images/host/boot_image.h"
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

struct Arguments {
  bool json = false;
  bool refresh = false;
  std::string arch;
  std::string kernel;
  std::vector<std::string> names;
  std::vector<std::string> archs;
  std::vector<std::string> programs;
  std::vector<std::string> files;
  std::string suite;
  fs::path to;
  bool without_modules = false;
  std::string limit;
  std::string key;
  fs::path adopted;
  BootImageRequest image;
};

std::string HostArch(const Cache& cache) {
  std::string arch = RunTool("dpkg cannot tell this host's architecture",
                             {"dpkg", "--print-architecture"}, cache.Root());
  while (arch.ends_with('\n')) arch.pop_back();
  return arch;
}

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

void PrintKernel(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  Print(ToJson(AcquireKernel(cache, KernelName::Parse(arguments.kernel), arguments.arch)),
        arguments.json);
}

void PrintLab(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  const Kernel kernel = AcquireKernel(cache, KernelName::Parse(arguments.kernel), arguments.arch);
  const LabModule lab = AcquireLabModule(cache, kernel, HostArch(cache));
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
  Print({{"path", cache.Root().string()}, {"staging", cache.StagingFolder().string()}},
        arguments.json);
}

void PrintList(const Arguments& arguments) {
  const Cache cache = Cache::FromEnvironment();
  std::vector<std::string> archs = arguments.archs;
  if (archs.empty()) archs.push_back(HostArch(cache));
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
  if (archs.empty()) archs.push_back(HostArch(cache));
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

void AddImageCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* kernel = app.add_subcommand("kernel", "Fetch a kernel and say where it is");
  kernel->add_option("NAME", arguments.kernel, "debian-6.1, debian-6.1+generic, file:PATH …")
      ->required();
  kernel->add_option("ARCH", arguments.arch, "Debian's name of the architecture")->required();
  kernel->callback([&arguments] { PrintKernel(arguments); });

  CLI::App* lab = app.add_subcommand("lab", "Build the lab module for a kernel");
  lab->add_option("KERNEL", arguments.kernel, "debian-6.1, debian-6.1+generic …")->required();
  lab->add_option("ARCH", arguments.arch, "Debian's name of the architecture")->required();
  lab->callback([&arguments] { PrintLab(arguments); });

  CLI::App* sysroot = app.add_subcommand("sysroot", "Make the sysroot of an architecture");
  sysroot->add_option("ARCH", arguments.arch, "Debian's name of the architecture")->required();
  sysroot->add_flag("--refresh", arguments.refresh, "Make it again from today's packages");
  sysroot->callback([&arguments] { PrintSysroot(arguments); });

  CLI::App* image = app.add_subcommand("boot-image", "Write a guest's initramfs");
  image->add_option("--arch", arguments.image.arch, "Debian's name of the architecture")
      ->required();
  image->add_option("--init", arguments.image.content.init, "The procmark-init to boot")
      ->required();
  image->add_option("--program", arguments.programs, "NAME=PATH: becomes /procmark/NAME")
      ->take_all();
  image->add_option("--userland", arguments.image.userland,
                    "A sysroot whose C library, loader and shell the guest shall have");
  image->add_option("--modules-dir", arguments.image.modules_dir,
                    "The kernel's lib/modules/RELEASE");
  image
      ->add_option("--module", arguments.image.modules,
                   "NAME of a module to load, with what it depends on; NAME? only if it is there")
      ->take_all();
  image
      ->add_option("--file", arguments.files,
                   "PATH=FILE: becomes /PATH; of a folder, all files below it")
      ->take_all();
  image->add_option("--base", arguments.image.base, "An initramfs that comes first, as of root");
  image->add_option("--job", arguments.image.job_file, "The job, as JSON")->required();
  image->add_option("--out", arguments.image.out, "Where the image goes")->required();
  image->callback([&arguments] { PrintBootImage(arguments); });
}

void AddCopyCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* root = app.add_subcommand("root", "Make an initramfs of Debian packages");
  root->add_option("PACKAGE", arguments.names, "Packages; what they depend on comes too")
      ->required();
  root->add_option("--suite", arguments.suite, "The Debian release: bookworm, trixie …")
      ->required();
  root->add_option("--arch", arguments.arch, "Debian's name of the architecture")->required();
  root->add_flag("--refresh", arguments.refresh, "Make it again from today's packages");
  root->callback([&arguments] { PrintRoot(arguments); });

  CLI::App* copy =
      app.add_subcommand("export", "Copy kernels into another cache, for a machine offline");
  copy->add_option("KERNEL", arguments.names, "Kernels by name")->required();
  copy->add_option("--arch", arguments.arch, "Debian's name of the architecture")->required();
  copy->add_option("--to", arguments.to, "The folder; there, set PROCMARK_CACHE to it")->required();
  copy->add_flag("--without-modules", arguments.without_modules, "Leave the modules out");
  copy->callback([&arguments] { Export(arguments); });
}

void AddCacheCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* list = app.add_subcommand("list", "List the kernels that can be had");
  list->add_option("--arch", arguments.archs, "Architectures; this host's by default");
  list->callback([&arguments] { PrintList(arguments); });

  CLI::App* build = app.add_subcommand("build", "Fetch kernels, and the sysroots they need");
  build->add_option("KERNEL", arguments.names, "Kernels by name");
  build->add_option("--arch", arguments.archs, "Architectures; this host's by default");
  build->add_flag("--refresh", arguments.refresh, "Make the sysroots again");
  build->callback([&arguments] { Build(arguments); });

  CLI::App* prune = app.add_subcommand("prune", "Remove what was not used for longest");
  prune->add_option("--limit", arguments.limit, "Bytes to keep, or 2G; the cache's own by default");
  prune->callback([&arguments] { Prune(arguments); });

  CLI::App* snapshot = app.add_subcommand("snapshot", "Say where a guest's snapshot is, if it is");
  snapshot->add_option("KEY", arguments.key, "Of all that the snapshot depends on")->required();
  snapshot
      ->add_option("--adopt", arguments.adopted,
                   "Take this folder's files for it where there is none")
      ->check(CLI::ExistingDirectory);
  snapshot->callback([&arguments] { PrintSnapshot(arguments); });

  CLI::App* place = app.add_subcommand("cache", "Say where the cache is");
  place->callback([&arguments] { PrintCache(arguments); });

  CLI::App* verify = app.add_subcommand("verify", "Hash all that is cached");
  verify->callback([&arguments] { Verify(arguments); });
}

int Run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("What boots: kernels, sysroots and boot images", "procmark-images");
  app.add_flag("--json", arguments.json, "Print the result as JSON");
  app.require_subcommand(1);
  app.fallthrough();
  AddImageCommands(app, arguments);
  AddCopyCommands(app, arguments);
  AddCacheCommands(app, arguments);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(sys::ExitCode::kUsage);
  } catch (const sys::Complaint& complaint) {
    std::fprintf(stderr, "procmark-images: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "procmark-images: %s\n", error.what());
    return static_cast<int>(sys::ExitCode::kLost);
  }
}

}  // namespace
}  // namespace procmark::images

int main(int argc, char** argv) { return procmark::images::Run(argc, argv); }
