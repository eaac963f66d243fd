// SPDX-License-Identifier: MIT
#include "images/host/kernel.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"
#include "images/host/apt_root.h"
#include "images/host/command.h"
#include "images/host/kernel_answer.h"
#include "images/host/kernel_image.h"
#include "images/host/kernel_modules.h"
#include "images/host/unpack.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Where kernels may come from; those the mirror does not have are skipped.
constexpr const char* kFirstSuite = "bullseye";
constexpr const char* kKernelPackages = "^linux-(image|binary|modules|base)-[0-9]";
constexpr int64_t kKernelRoomBytes = int64_t{768} << 20;  // a generic kernel, packed and unpacked

std::vector<std::string> Suites() {
  const sys::Result<std::string> table = sys::ReadSmallFile("/usr/share/distro-info/debian.csv");
  return SuitesOf(table ? table.Value() : "", kFirstSuite);
}

// All suites' answers about one architecture.
struct Offer {
  std::vector<KernelCandidate> candidates;
  std::map<std::string, std::vector<DebianPackage>> packages;  // by suite
  std::string trouble;  // why some suite could not be asked; "" when all were
};

// A suite whose lists cannot be had right now (mirrors are briefly inconsistent) spoils only what
// is nowhere else.
Offer Ask(const Cache& cache, const std::string& arch, bool now) {
  Offer offer;
  for (const std::string& suite : Suites()) {
    AptRoot root = AptRoot::Open(cache, suite, arch);
    try {
      if (!root.Refresh(now)) continue;
    } catch (const ListsUnavailable& unavailable) {
      offer.trouble = unavailable.what();
      Progress(fmt::format("kernel: {}", offer.trouble));
      continue;
    }
    std::vector<DebianPackage> packages = root.Packages(kKernelPackages);
    const std::vector<KernelCandidate> found = KernelCandidatesOf(packages, suite);
    offer.candidates.insert(offer.candidates.end(), found.begin(), found.end());
    offer.packages[suite] = std::move(packages);
  }
  return offer;
}

std::string KeyOf(const KernelCandidate& kernel, const std::string& arch) {
  return KernelSlotKey(arch, kernel.release, kernel.image.version);
}

// The mirror was asked, and has no such kernel.
class NoSuchKernel : public sys::Complaint {
 public:
  explicit NoSuchKernel(const std::string& sentence)
      : sys::Complaint(sys::ExitCode::kUsage, sentence) {}
};

// The first of these that exists, relative to `folder`; "" when none does.
std::string FirstOf(const fs::path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (fs::exists(folder / name)) return name;
  }
  return "";
}

Json FetchInto(const Cache& cache, const KernelCandidate& kernel, const std::string& arch,
               const std::vector<DebianPackage>& parts, const fs::path& folder) {
  RequireFreeBytes(folder, kKernelRoomBytes);
  const fs::path debs = folder / "debs";
  fs::create_directories(debs);
  {
    const AptRoot root = AptRoot::Open(cache, kernel.suite, arch);
    Progress(fmt::format("kernel: downloading {} {} ({}, {})", kernel.image.name,
                         kernel.image.version, kernel.suite, arch));
    root.Download(parts, debs);
  }
  UnpackPackages(debs, folder);
  fs::remove_all(debs);
  fs::remove_all(folder / "usr/share");
  const std::string& release = kernel.release;
  const std::string image = FirstOf(
      folder, {"boot/vmlinuz-" + release, "boot/vmlinux-" + release,
               "usr/lib/modules/" + release + "/vmlinuz", "usr/lib/modules/" + release + "/vmlinux",
               "lib/modules/" + release + "/vmlinuz"});
  if (image.empty()) {
    sys::ThrowLost(fmt::format("{} {} holds no kernel image where Debian's packages have had them",
                               kernel.image.name, kernel.image.version));
  }
  RequireKernelImage(folder / image, arch);
  const std::string config =
      FirstOf(folder, {"boot/config-" + release, "usr/lib/modules/" + release + "/config",
                       "lib/modules/" + release + "/config"});
  if (config.empty()) {
    Progress(fmt::format("kernel: no package that the mirror has holds the configuration of {} {}",
                         kernel.image.name, kernel.image.version));
  }
  return {{"release", release},
          {"package", kernel.image.name},
          {"version", kernel.image.version},
          {"suite", kernel.suite},
          {"image", image},
          {"config", config},
          {"modules", FirstOf(folder, {"usr/lib/modules/" + release, "lib/modules/" + release})}};
}

Kernel FromSlot(const Cache& cache, const Slot& slot, const KernelName& name,
                const std::string& arch) {
  const fs::path use_lock = cache.UseLockOf("kernel", slot.key);
  const auto noted = [&slot](const char* field) {
    const auto found = slot.about.find(field);
    if (found == slot.about.end() || !found->is_string()) {
      sys::ThrowLost(fmt::format("the cache does not say the {} of kernel {}: remove {}", field,
                                 slot.key, slot.folder.parent_path().string()));
    }
    return found->get<std::string>();
  };
  const auto within = [&](const char* field) {
    const std::string relative = noted(field);
    return relative.empty() ? fs::path() : slot.folder / relative;
  };
  Kernel kernel{
      name.text,       arch, noted("release"), noted("package"),  noted("version"), noted("suite"),
      within("image"), "",   within("config"), within("modules"), use_lock};
  const sys::Result<std::string> hash = sys::Sha256OfFile(kernel.path);
  if (!hash) sys::ThrowLost(hash.Failure().Text());
  kernel.sha256 = hash.Value();
  return kernel;
}

[[noreturn]] void ThrowNoSuchKernel(const KernelName& name, const std::string& arch,
                                    const Offer& offer) {
  std::string names;
  for (const KernelCandidate& kernel : NewestOfEach(offer.candidates)) {
    const std::string other = NameOf(kernel, arch, offer.candidates);
    if (other.find('+') == std::string::npos) names += " " + other;
  }
  throw NoSuchKernel(fmt::format(
      "no Debian suite has {} for {}: there is{}; `./run.sh images list` shows the flavours",
      name.text, arch, names.empty() ? " none at all" : names));
}

Slot FindOrFetch(const Cache& cache, const KernelCandidate& kernel, const std::string& arch,
                 const std::vector<DebianPackage>& packages) {
  const std::string key = KeyOf(kernel, arch);
  const FileLock lock = cache.Lock("kernel", key);
  std::optional<Slot> slot = cache.Find("kernel", key);
  if (slot) return *slot;
  return cache.Publish("kernel", key, [&](const fs::path& folder) {
    return FetchInto(cache, kernel, arch, PartsOf(kernel, packages), folder);
  });
}

// The newest of the offer that the mirror gives. With `older`, what it names but does not have
// gives way to the next, and the last failure is thrown when there is none; without, the first is
// thrown.
std::optional<Kernel> NewestOf(const Cache& cache, Offer& offer, const KernelName& name,
                               const std::string& arch, bool older) {
  std::optional<DownloadFailed> failed;
  while (const std::optional<KernelCandidate> chosen = ChooseKernel(name, arch, offer.candidates)) {
    try {
      const Slot slot = FindOrFetch(cache, *chosen, arch, offer.packages[chosen->suite]);
      KernelAnswer(cache, name, arch).Note(slot.key, offer.trouble.empty() && !failed);
      return FromSlot(cache, slot, name, arch);
    } catch (const DownloadFailed& failure) {
      if (!older) throw;
      Progress(fmt::format("kernel: {}; looking for an older one", failure.what()));
      failed = failure;
    }
    const std::string key = KeyOf(*chosen, arch);
    std::erase_if(offer.candidates, [&](const auto& other) { return KeyOf(other, arch) == key; });
  }
  if (failed) throw *failed;
  return std::nullopt;
}

// Asks with the lists at hand and then, when they do not serve, with fresh ones: the mirror may
// have replaced what they name.
Kernel FromMirror(const Cache& cache, const KernelName& name, const std::string& arch) {
  try {
    Offer offer = Ask(cache, arch, /*now=*/false);
    if (std::optional<Kernel> kernel = NewestOf(cache, offer, name, arch, /*older=*/false)) {
      return *kernel;
    }
  } catch (const DownloadFailed& failure) {
    Progress(fmt::format("kernel: {}; trying again with fresh lists", failure.what()));
  }
  Offer offer = Ask(cache, arch, /*now=*/true);
  const Offer whole = offer;
  if (std::optional<Kernel> kernel = NewestOf(cache, offer, name, arch, /*older=*/true)) {
    return *kernel;
  }
  if (!whole.trouble.empty()) sys::ThrowLost(whole.trouble);
  ThrowNoSuchKernel(name, arch, whole);
}

std::optional<Kernel> FromCache(const Cache& cache, const KernelName& name,
                                const std::string& arch) {
  const std::string key = KernelAnswer(cache, name, arch).Key();
  if (key.empty()) return std::nullopt;
  const FileLock lock = cache.Lock("kernel", key);
  const std::optional<Slot> slot = cache.Find("kernel", key);
  if (!slot) return std::nullopt;
  return FromSlot(cache, *slot, name, arch);
}

// Of the version that `name` names, fetched once under whatever name. `surely`: only where no
// mirror could know better, which without a flavour takes a cloud kernel.
std::optional<Kernel> PinnedFromCache(const Cache& cache, const KernelName& name,
                                      const std::string& arch, bool surely) {
  if (name.version.empty()) return std::nullopt;
  std::vector<KernelCandidate> candidates;
  for (const Cache::Usage& usage : cache.List()) {
    if (usage.kind != "kernel" || !usage.key.starts_with(arch + "-") ||
        !usage.key.ends_with("-" + name.version)) {
      continue;
    }
    DebianPackage package;
    package.version = name.version;
    package.name =
        "linux-image-" +
        usage.key.substr(arch.size() + 1, usage.key.size() - arch.size() - name.version.size() - 2);
    for (const KernelCandidate& candidate : KernelCandidatesOf({package}, "")) {
      candidates.push_back(candidate);
    }
  }
  const std::optional<KernelCandidate> chosen = ChooseKernel(name, arch, candidates);
  if (!chosen) return std::nullopt;
  if (surely && name.flavour.empty() && !chosen->flavour.starts_with("cloud")) return std::nullopt;
  const std::string key = KeyOf(*chosen, arch);
  const FileLock lock = cache.Lock("kernel", key);
  const std::optional<Slot> slot = cache.Find("kernel", key);
  if (!slot) return std::nullopt;
  return FromSlot(cache, *slot, name, arch);
}

// arch/x86/boot/bzImage is three folders below the .config it was built by.
constexpr int kDepthOfAnImage = 3;

fs::path ConfigBeside(const fs::path& image, const std::string& release) {
  fs::path folder = image.parent_path();
  for (const std::string& name : {release, ReleaseInName(image)}) {
    if (!name.empty() && fs::exists(folder / ("config-" + name))) {
      return folder / ("config-" + name);
    }
  }
  for (int up = 0; up <= kDepthOfAnImage; ++up, folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / ".config")) return folder / ".config";
  }
  return {};
}

Kernel FromFile(const KernelName& name, const std::string& arch) {
  const fs::path path = fs::absolute(*name.file).lexically_normal();
  RequireKernelImage(path, arch);
  const sys::Result<std::string> hash = sys::Sha256OfFile(path);
  if (!hash) sys::ThrowLost(fmt::format("{}: {}", path.string(), hash.Failure().Text()));
  Kernel kernel;
  kernel.name = name.text;
  kernel.arch = arch;
  kernel.release = BzImageRelease(ReadKernelHead(path));
  kernel.path = path;
  kernel.sha256 = hash.Value();
  kernel.config = ConfigBeside(path, kernel.release);
  kernel.modules_dir = ModulesBeside(path, kernel.release);
  return kernel;
}

}  // namespace

std::string KernelSlotKey(const std::string& arch, const std::string& release,
                          const std::string& version) {
  return fmt::format("{}-{}-{}", arch, release, version);
}

Json ToJson(const Kernel& kernel) {
  return {{"name", kernel.name},
          {"arch", kernel.arch},
          {"release", kernel.release},
          {"package", kernel.package},
          {"version", kernel.version},
          {"suite", kernel.suite},
          {"path", kernel.path.string()},
          {"sha256", kernel.sha256},
          {"config", kernel.config.string()},
          {"modules_dir", kernel.modules_dir.string()},
          {"use_lock", kernel.use_lock.string()}};
}

Kernel AcquireKernel(const Cache& cache, const KernelName& name, const std::string& arch) {
  (void)sys::RequireArch(arch);
  if (name.file) return FromFile(name, arch);
  if (std::optional<Kernel> kernel = PinnedFromCache(cache, name, arch, /*surely=*/true)) {
    return *kernel;
  }
  if (KernelAnswer(cache, name, arch).Fresh()) {
    if (std::optional<Kernel> kernel = FromCache(cache, name, arch)) return *kernel;
  }
  try {
    return FromMirror(cache, name, arch);
  } catch (const sys::Complaint& complaint) {
    const bool answered = dynamic_cast<const NoSuchKernel*>(&complaint) != nullptr;
    std::optional<Kernel> kernel = answered ? std::nullopt : FromCache(cache, name, arch);
    if (!kernel) kernel = PinnedFromCache(cache, name, arch, /*surely=*/false);
    if (!kernel) throw;
    Progress(fmt::format("kernel: {}; using {} of the cache", complaint.what(), kernel->release));
    return *kernel;
  }
}

std::vector<Obtainable> ListObtainable(const Cache& cache, const std::string& arch) {
  (void)sys::RequireArch(arch);
  const Offer offer = Ask(cache, arch, false);
  if (offer.candidates.empty() && !offer.trouble.empty()) sys::ThrowLost(offer.trouble);
  std::vector<Obtainable> list;
  for (const KernelCandidate& kernel : NewestOfEach(offer.candidates)) {
    list.push_back({arch, NameOf(kernel, arch, offer.candidates), kernel.release,
                    kernel.image.version, kernel.suite,
                    fs::exists(cache.FolderOf("kernel", KeyOf(kernel, arch)))});
  }
  return list;
}

}  // namespace procmark::images
