// SPDX-License-Identifier: MIT
#include "images/host/export_kernels.h"

#include <fmt/format.h>

#include "harness/sys/complaint.h"
#include "images/host/kernel_answer.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Copies the files that `about` names of the slot, but not the modules. Returns what is to be noted
// about the copy.
Json CopyWithoutModules(const Slot& slot, const fs::path& folder) {
  Json about = slot.about;
  for (const char* field : {"image", "config"}) {
    const auto name = about.at(field).get<std::string>();
    if (name.empty()) continue;
    fs::create_directories((folder / name).parent_path());
    fs::copy_file(slot.folder / name, folder / name);
  }
  about["modules"] = "";
  return about;
}

Json CopyWhole(const Slot& slot, const fs::path& folder) {
  fs::copy(slot.folder, folder, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  return slot.about;
}

}  // namespace

std::vector<Kernel> ExportKernels(const Cache& from, const std::vector<KernelName>& names,
                                  const std::string& arch, const Cache& to, bool modules) {
  std::vector<Kernel> kernels;
  for (const KernelName& name : names) {
    if (name.file) {
      sys::ThrowUsage(
          fmt::format("{} is a file: copy it, only Debian's kernels are cached", name.text));
    }
    const Kernel& kernel = kernels.emplace_back(AcquireKernel(from, name, arch));
    const std::string key = KernelSlotKey(arch, kernel.release, kernel.version);
    const FileLock lock = from.Lock("kernel", key);
    const std::optional<Slot> slot = from.Find("kernel", key);
    if (!slot) {
      sys::ThrowLost(fmt::format("{} was pruned from the cache just now: try again", name.text));
    }
    to.Publish("kernel", key, [&](const fs::path& folder) {
      return modules ? CopyWhole(*slot, folder) : CopyWithoutModules(*slot, folder);
    });
    KernelAnswer(to, name, arch).Note(key, /*whole=*/true);
  }
  return kernels;
}

}  // namespace procmark::images
