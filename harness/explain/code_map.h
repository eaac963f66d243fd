// SPDX-License-Identifier: MIT
// CodeMap: what is where in a guest's address space, as the plugin needs it. The harness makes it
// of the kernel's symbols (symbols.h) and hands it to the plugin as a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::explain {

// Functions are numbers: what a profile calls them is in the harness's symbol table. These three
// stand for code that no symbol names.
enum : uint32_t {
  kUserSpace = 0,
  kFirmware = 1,       // riscv64: machine mode
  kUnnamedKernel = 2,  // kernel code outside every function: BPF programs, trampolines
  kFirstFunction = 3,
};

enum class Mode : uint8_t { kUser, kKernel, kFirmware };

// How hardware comes to an address.
enum class Entry : uint8_t {
  kNone,
  kSystemCall,
  kException,    // of the instruction that was interrupted: a page fault
  kInterrupt,    // of something else
  kSynchronous,  // arm64: a system call or an exception
  kTrap,         // riscv64: any of them
};

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;  // not in it

  bool Holds(uint64_t address) const { return address >= begin && address < end; }
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// Where a function, or code without a name, begins. It ends where the next one begins.
struct CodeStart {
  uint64_t address = 0;
  uint32_t function = kUnnamedKernel;

  friend bool operator==(const CodeStart&, const CodeStart&) = default;
};

struct EntryPoint {
  AddressRange range;
  // Hardware comes to every address of the range that is a multiple of this from its begin; 0: to
  // every address at which a block of translated code begins.
  uint64_t stride = 0;
  Entry entry = Entry::kNone;

  friend bool operator==(const EntryPoint&, const EntryPoint&) = default;
};

class CodeMap {
 public:
  AddressRange kernel;        // addresses of the kernel's half, or of its code
  AddressRange firmware;      // empty but on riscv64
  AddressRange stack_switch;  // the function that exchanges the stacks of two tasks
  uint64_t task_end = 0;      // a function that every ending task calls last
  std::vector<EntryPoint> entries;
  std::vector<CodeStart> starts;  // sorted by address

  Mode ModeOf(uint64_t address) const;
  uint32_t FunctionAt(uint64_t address) const;
  // Whether a function begins there.
  bool IsStart(uint64_t address) const;
  Entry EntryAt(uint64_t address) const;

  // As a file: one line for each member, its fields parted by spaces, numbers in hexadecimal.
  std::string Text() const;
  // Nothing when the text is not what Text() gives.
  static std::optional<CodeMap> Parse(std::string_view text);

  friend bool operator==(const CodeMap&, const CodeMap&) = default;
};

}  // namespace procmark::explain
