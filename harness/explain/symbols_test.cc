// SPDX-License-Identifier: MIT
#include "harness/explain/symbols.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace procmark::explain {
namespace {

constexpr const char* kTable =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81000000 T start_of_all\n"
    "ffffffff81000100 t __pfx_dup_fd\n"
    "ffffffff81000110 T __dup_fd\n"
    "ffffffff81000110 T dup_fd\n"
    "ffffffff81000200 t copy_creds.isra.0\n"
    "ffffffff81000300 t twice\n"
    "ffffffff81000400 t twice\n"
    "ffffffff81000500 T do_task_dead\n"
    "ffffffff81000600 T __switch_to_asm\n"
    "ffffffff81000680 T entry_SYSCALL_64\n"
    "ffffffff81000700 T asm_exc_page_fault\n"
    "ffffffff81000740 T asm_sysvec_apic_timer_interrupt\n"
    "ffffffff81000780 T irq_entries_start\n"
    "ffffffff81000800 t dup_fd.cold\n"
    "ffffffff81000880 t twice.cold\n"
    "ffffffff81000900 T _etext\n"
    "ffffffff81001000 R __start_rodata\n"
    "ffffffffc0001000 t ioctl_of_lab\t[lab]\n"
    "ffffffffc0002000 d data_of_lab\t[lab]\n";

std::string NameAt(const SymbolTable& table, uint64_t address) {
  return table.functions[table.map.FunctionAt(address)].name;
}

TEST(Symbols, NamesAreThePlainest) {
  const SymbolTable table = MakeSymbolTable("amd64", kTable);
  EXPECT_EQ(NameAt(table, 0xffffffff81000000), "start_of_all");
  EXPECT_EQ(NameAt(table, 0xffffffff81000105), "start_of_all");
  EXPECT_EQ(NameAt(table, 0xffffffff81000110), "dup_fd");
  EXPECT_EQ(NameAt(table, 0xffffffff81000900), "kernel code without a symbol");
  EXPECT_EQ(NameAt(table, 0xffffffffc0001010), "ioctl_of_lab");
  EXPECT_EQ(table.functions[table.map.FunctionAt(0xffffffffc0001010)].module, "lab");
  EXPECT_EQ(NameAt(table, 0xffffffffc0002010), "kernel code without a symbol");
  EXPECT_EQ(NameAt(table, 0x401000), "user space");
}

TEST(Symbols, ColdPiecesAreTheirFunctions) {
  const SymbolTable table = MakeSymbolTable("amd64", kTable);
  EXPECT_EQ(table.map.FunctionAt(0xffffffff81000810), table.map.FunctionAt(0xffffffff81000110));
  EXPECT_EQ(NameAt(table, 0xffffffff81000880), "twice.cold");  // of which one?
  EXPECT_NE(table.map.FunctionAt(0xffffffff81000300), table.map.FunctionAt(0xffffffff81000400));
}

TEST(Symbols, BaseNames) {
  EXPECT_EQ(BaseName("dup_fd"), "dup_fd");
  EXPECT_EQ(BaseName("copy_creds.isra.0"), "copy_creds");
  EXPECT_EQ(BaseName("a.part.0.constprop.1.cold"), "a");
  EXPECT_EQ(BaseName("a.cold.12"), "a");
}

TEST(Symbols, Amd64IsEnteredByItsStubs) {
  const CodeMap map = MakeSymbolTable("amd64", kTable).map;
  EXPECT_EQ(map.EntryAt(0xffffffff81000680), Entry::kSystemCall);
  EXPECT_EQ(map.EntryAt(0xffffffff81000700), Entry::kException);
  EXPECT_EQ(map.EntryAt(0xffffffff81000740), Entry::kInterrupt);
  EXPECT_EQ(map.EntryAt(0xffffffff81000788), Entry::kInterrupt);
  EXPECT_EQ(map.EntryAt(0xffffffff81000704), Entry::kNone);
  EXPECT_EQ(map.stack_switch, (AddressRange{0xffffffff81000600, 0xffffffff81000680}));
  EXPECT_EQ(map.task_end, 0xffffffff81000500);
}

TEST(Symbols, Arm64IsEnteredByItsVectors) {
  const CodeMap map = MakeSymbolTable("arm64",
                                      "ffff800080010800 T vectors\n"
                                      "ffff800080011000 T cpu_switch_to\n"
                                      "ffff800080011100 T ret_from_fork\n")
                          .map;
  EXPECT_EQ(map.EntryAt(0xffff800080010800 + 0x200), Entry::kSynchronous);
  EXPECT_EQ(map.EntryAt(0xffff800080010800 + 0x280), Entry::kInterrupt);
  EXPECT_EQ(map.EntryAt(0xffff800080010800 + 0x204), Entry::kNone);
  EXPECT_EQ(map.stack_switch, (AddressRange{0xffff800080011000, 0xffff800080011100}));
}

TEST(Symbols, Riscv64HasOneEntryAndFirmware) {
  const CodeMap map = MakeSymbolTable("riscv64",
                                      "ffffffff80a00000 T handle_exception\n"
                                      "ffffffff80a00100 T __switch_to\n"
                                      "ffffffff80a00200 T other\n")
                          .map;
  EXPECT_EQ(map.EntryAt(0xffffffff80a00000), Entry::kTrap);
  EXPECT_EQ(map.ModeOf(0x80001000), Mode::kFirmware);
}

TEST(Symbols, RefusesWhatIsNoTable) {
  EXPECT_THROW((void)MakeSymbolTable("amd64", ""), std::runtime_error);
  EXPECT_THROW((void)MakeSymbolTable("amd64", "not a table\n"), std::runtime_error);
  EXPECT_THROW((void)MakeSymbolTable("amd64", "ffffffff81000000 R data\n"), std::runtime_error);
}

}  // namespace
}  // namespace procmark::explain
