// SPDX-License-Identifier: MIT
#include "images/host/handover_symbols.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>

#include <string_view>

#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "images/host/elf_file.h"

namespace procmark::images {
namespace {

// Notes the two symbols of one symbol table.
void Search(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, HandoverSymbols& found) {
  Elf_Data* data = ::elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (::gelf_getsym(data, i, &symbol) == nullptr) return;
    const char* name = ::elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    if (std::string_view(name) == "procmark_handover") found.stop = symbol.st_value;
    if (std::string_view(name) == "procmark_job") {
      found.job = symbol.st_value;
      found.job_bytes = symbol.st_size;
    }
  }
}

}  // namespace

HandoverSymbols ReadHandoverSymbols(const std::filesystem::path& init) {
  HandoverSymbols found;
  const sys::Fd file(::open(init.c_str(), O_RDONLY | O_CLOEXEC));
  ::elf_version(EV_CURRENT);
  const ElfFile elf(::elf_begin(file.Get(), ELF_C_READ, nullptr));
  Elf_Scn* section = nullptr;
  while (elf && (section = ::elf_nextscn(elf.get(), section)) != nullptr) {
    GElf_Shdr header{};
    if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB) continue;
    Search(elf.get(), section, header, found);
  }
  if (found.stop == 0 || found.job == 0 || found.job_bytes == 0) {
    sys::ThrowUsage(fmt::format(
        "{} is no procmark-init with its symbols: give the one that ./run.sh built, unstripped",
        init.string()));
  }
  return found;
}

}  // namespace procmark::images
