// SPDX-License-Identifier: MIT
#include "images/host/kernel_modules.h"

#include <archive.h>
#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"
#include "images/host/elf_file.h"
#include "images/host/kernel_image.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

std::string WithUnderscores(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

// "…/virtio-rng.ko.xz" -> "virtio_rng"; "" for what is no module's file.
std::string ModuleOf(const fs::path& file) {
  const std::string name = file.filename();
  const size_t end = name.find(".ko");
  const std::set<std::string> tails = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
  if (end == std::string::npos || !tails.contains(name.substr(end))) return "";
  return WithUnderscores(name.substr(0, end));
}

// The file's content, whatever it is compressed by.
std::string ReadUncompressed(const fs::path& file) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      &archive_read_free);
  std::string bytes;
  archive_entry* entry = nullptr;
  bool whole = archive_read_support_filter_all(reader.get()) == ARCHIVE_OK &&
               archive_read_support_format_raw(reader.get()) == ARCHIVE_OK &&
               archive_read_open_filename(reader.get(), file.c_str(), 1 << 16) == ARCHIVE_OK &&
               archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
  for (char buffer[1 << 16]; whole;) {
    const la_ssize_t got = archive_read_data(reader.get(), buffer, sizeof buffer);
    if (got == 0) return bytes;
    whole = got > 0;
    if (whole) bytes.append(buffer, static_cast<size_t>(got));
  }
  const char* reason = archive_error_string(reader.get());
  sys::ThrowLost(fmt::format("{} cannot be read: {}", file.string(),
                             reason != nullptr ? reason : "no reason given"));
}

// The modules of one folder, and those that were taken from it so far.
class Collector {
 public:
  explicit Collector(const fs::path& folder) : folder_(folder) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
      const std::string name = ModuleOf(entry.path());
      if (!name.empty()) files_.emplace(name, entry.path());
    }
    const sys::Result<std::string> builtin =
        sys::ReadSmallFile((folder / "modules.builtin").string());
    std::istringstream lines(builtin ? builtin.Value() : "");
    for (std::string line; std::getline(lines, line);) builtin_.insert(ModuleOf(line));
  }

  void Take(const std::string& name, bool needed) {
    const std::string module = WithUnderscores(name);
    if (builtin_.contains(module) || !begun_.insert(module).second) return;
    const auto found = files_.find(module);
    if (found == files_.end()) {
      if (!needed) return;
      sys::ThrowUsage(
          fmt::format("there is no module {} in {}: give the name of one that the kernel has", name,
                      folder_.string()));
    }
    std::string bytes = ReadUncompressed(found->second);
    for (const std::string& other : DependenciesOf(bytes)) Take(other, /*needed=*/true);
    taken_.push_back({module, std::move(bytes)});
  }

  std::vector<KernelModule> Taken() { return std::move(taken_); }

 private:
  fs::path folder_;
  std::map<std::string, fs::path> files_;
  std::set<std::string> builtin_;
  std::set<std::string> begun_;
  std::vector<KernelModule> taken_;
};

// The texts of a section that is one zero-terminated text after another.
std::vector<std::string> TextsOf(std::string_view section) {
  std::vector<std::string> texts;
  while (!section.empty()) {
    const size_t end = std::min(section.find('\0'), section.size());
    texts.emplace_back(section.substr(0, end));
    section.remove_prefix(std::min(end + 1, section.size()));
  }
  return texts;
}

}  // namespace

std::vector<std::string> DependenciesOf(std::string_view module) {
  ::elf_version(EV_CURRENT);
  std::string copy(module);  // elf_memory() may write
  const ElfFile elf(::elf_memory(copy.data(), copy.size()));
  size_t names = 0;
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF || ::elf_getshdrstrndx(elf.get(), &names) != 0) {
    sys::ThrowLost("a kernel module is no ELF object: fetch or build it again");
  }
  Elf_Scn* section = nullptr;
  while ((section = ::elf_nextscn(elf.get(), section)) != nullptr) {
    GElf_Shdr header{};
    if (::gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = ::elf_strptr(elf.get(), names, header.sh_name);
    if (name == nullptr || std::string_view(name) != ".modinfo") continue;
    const Elf_Data* data = ::elf_getdata(section, nullptr);
    if (data == nullptr) break;
    constexpr std::string_view kDepends = "depends=";
    for (const std::string& text : TextsOf({static_cast<const char*>(data->d_buf), data->d_size})) {
      if (!text.starts_with(kDepends)) continue;
      return sys::SplitNonEmpty(text.substr(kDepends.size()), ',');
    }
  }
  sys::ThrowLost("a kernel module says nowhere what it depends on: fetch or build it again");
}

std::vector<KernelModule> ReadModules(const fs::path& folder,
                                      const std::vector<std::string>& names) {
  if (names.empty()) return {};
  if (!fs::is_directory(folder)) {
    sys::ThrowUsage(fmt::format(
        "the kernel's modules are nowhere to be found: put them into lib/modules/RELEASE beside it "
        "(make modules_install INSTALL_MOD_PATH=FOLDER)"));
  }
  Collector collector(folder);
  for (const std::string& name : names) {
    const bool optional = name.ends_with('?');
    collector.Take(optional ? name.substr(0, name.size() - 1) : name, !optional);
  }
  return collector.Taken();
}

fs::path ModulesBeside(const fs::path& image, const std::string& release) {
  const fs::path folder = image.parent_path();
  for (const fs::path& root : {folder, folder.parent_path()}) {
    for (const char* place : {"lib/modules", "usr/lib/modules"}) {
      for (const std::string& wanted : {release, ReleaseInName(image)}) {
        if (!wanted.empty() && fs::is_directory(root / place / wanted)) {
          return root / place / wanted;
        }
      }
      if (!release.empty()) continue;
      std::error_code error;
      std::vector<fs::path> all;
      for (const fs::directory_entry& entry : fs::directory_iterator(root / place, error)) {
        if (entry.is_directory()) all.push_back(entry.path());
      }
      // "/" is everybody's: what lies there belongs to the machine's own kernel.
      if (all.size() == 1 && root != root.root_path()) return all.front();
    }
  }
  return {};
}

}  // namespace procmark::images
