// SPDX-License-Identifier: MIT
// Modules and what they depend on, with objects that hold nothing else.
#include "images/host/kernel_modules.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>

#include "harness/sys/complaint.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

// A relocatable object with a .modinfo of these texts: head, names, texts, three section heads.
std::string Module(const std::string& depends, bool with_modinfo = true) {
  const std::string names("\0.modinfo\0.shstrtab\0", 20);
  std::string modinfo = "license=GPL";
  modinfo += '\0';
  modinfo += "depends=" + depends;
  modinfo += '\0';
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = ET_REL;
  head.e_machine = EM_X86_64;
  head.e_version = EV_CURRENT;
  head.e_ehsize = sizeof head;
  head.e_shentsize = sizeof(Elf64_Shdr);
  head.e_shnum = 3;
  head.e_shstrndx = 2;
  Elf64_Shdr sections[3]{};
  sections[1].sh_name = with_modinfo ? 1 : 10;
  sections[1].sh_type = SHT_PROGBITS;
  sections[1].sh_offset = sizeof head;
  sections[1].sh_size = modinfo.size();
  sections[1].sh_addralign = 1;
  sections[2].sh_name = 10;
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_offset = sections[1].sh_offset + modinfo.size();
  sections[2].sh_size = names.size();
  sections[2].sh_addralign = 1;
  std::string tail = modinfo + names;
  tail.resize((tail.size() + 7) / 8 * 8);
  head.e_shoff = sizeof head + tail.size();
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  bytes += tail;
  const size_t at = bytes.size();
  bytes.resize(at + sizeof sections);
  std::memcpy(bytes.data() + at, sections, sizeof sections);
  return bytes;
}

class Modules : public testing::Test {
 protected:
  Modules() { fs::create_directories(folder_.Path() / "kernel/drivers"); }

  void Add(const std::string& file, const std::string& bytes) const {
    std::ofstream(folder_.Path() / "kernel/drivers" / file, std::ios::binary) << bytes;
  }
  std::string Order(const std::vector<std::string>& names) const {
    std::string order;
    for (const KernelModule& module : ReadModules(folder_.Path(), names)) {
      order += module.name + " ";
    }
    return order;
  }
  std::string Complaint(const std::vector<std::string>& names) const {
    try {
      (void)ReadModules(folder_.Path(), names);
    } catch (const sys::Complaint& complaint) {
      return complaint.what();
    }
    return "";
  }

  TestFolder folder_;
};

TEST_F(Modules, ComeBehindWhatTheyDependOnAndOnce) {
  Add("a.ko", Module("b,c-one"));
  Add("b.ko", Module("c_one"));
  Add("c-one.ko", Module(""));
  EXPECT_EQ(Order({"a"}), "c_one b a ");
  EXPECT_EQ(Order({"c-one", "b", "c_one"}), "c_one b ");
  EXPECT_EQ(Order({}), "");
}

TEST_F(Modules, WhatIsInTheKernelNeedsNoLoading) {
  Add("a.ko", Module("b"));
  std::ofstream(folder_.Path() / "modules.builtin") << "kernel/drivers/b.ko\n";
  EXPECT_EQ(Order({"a"}), "a ");
  EXPECT_EQ(Order({"b"}), "");
}

TEST_F(Modules, OnlyWhatIsWishedForMayBeMissing) {
  Add("a.ko", Module("b"));
  EXPECT_EQ(Order({"none?"}), "");
  EXPECT_NE(Complaint({"none"}).find("no module none"), std::string::npos);
  EXPECT_NE(Complaint({"a?"}).find("no module b"), std::string::npos);
  Add("bad.ko", "this is no object");
  EXPECT_NE(Complaint({"bad"}).find("no ELF object"), std::string::npos);
  Add("dumb.ko", Module("", /*with_modinfo=*/false));
  EXPECT_NE(Complaint({"dumb"}).find("nowhere what it depends on"), std::string::npos);
}

void WriteCompressed(const fs::path& file, int (*add_filter)(archive*), const std::string& bytes) {
  const std::unique_ptr<archive, decltype(&archive_write_free)> writer(archive_write_new(),
                                                                       &archive_write_free);
  EXPECT_EQ(add_filter(writer.get()), ARCHIVE_OK);
  EXPECT_EQ(archive_write_set_format_raw(writer.get()), ARCHIVE_OK);
  ASSERT_EQ(archive_write_open_filename(writer.get(), file.c_str()), ARCHIVE_OK);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            &archive_entry_free);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  EXPECT_EQ(archive_write_header(writer.get(), entry.get()), ARCHIVE_OK);
  EXPECT_EQ(archive_write_data(writer.get(), bytes.data(), bytes.size()),
            static_cast<la_ssize_t>(bytes.size()));
}

TEST_F(Modules, CompressedOnesAreReadAsTheyWere) {
  const fs::path drivers = folder_.Path() / "kernel/drivers";
  WriteCompressed(drivers / "a.ko.xz", archive_write_add_filter_xz, Module("b"));
  WriteCompressed(drivers / "b.ko.gz", archive_write_add_filter_gzip, Module(""));
  ASSERT_EQ(Order({"a"}), "b a ");
  EXPECT_EQ(ReadModules(folder_.Path(), {"a"}).back().bytes, Module("b"));
  fs::resize_file(drivers / "b.ko.gz", 30);
  EXPECT_NE(Complaint({"b"}).find("cannot be read"), std::string::npos);
}

TEST_F(Modules, LieBesideTheirKernel) {
  const fs::path root = folder_.Path() / "root";
  fs::create_directories(root / "boot");
  EXPECT_EQ(ModulesBeside(root / "boot/vmlinuz-6.1.0", ""), "");
  fs::create_directories(root / "lib/modules/6.1.0");
  EXPECT_EQ(ModulesBeside(root / "boot/Image", ""), root / "lib/modules/6.1.0");
  fs::create_directories(root / "lib/modules/6.2.0");
  EXPECT_EQ(ModulesBeside(root / "boot/Image", ""), "");
  EXPECT_EQ(ModulesBeside(root / "boot/Image", "6.2.0"), root / "lib/modules/6.2.0");
  EXPECT_EQ(ModulesBeside(root / "boot/vmlinuz-6.1.0", ""), root / "lib/modules/6.1.0");
  EXPECT_EQ(ModulesBeside(root / "boot/vmlinuz-6.3.0", "6.3.0"), "");
}

TEST(ModulesOfAKernel, AreNeededWhenSomeAreAskedFor) {
  EXPECT_THROW((void)ReadModules("", {"a"}), sys::Complaint);
  EXPECT_TRUE(ReadModules("", {}).empty());
}

}  // namespace
}  // namespace procmark::images
