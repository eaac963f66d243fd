// SPDX-License-Identifier: MIT
// An object as libelf reads it: every class and byte order.
#pragma once

#include <libelf.h>

#include <memory>

namespace procmark::images {

struct EndElf {
  void operator()(Elf* elf) const { ::elf_end(elf); }
};

// Null for what libelf cannot read.
using ElfFile = std::unique_ptr<Elf, EndElf>;

}  // namespace procmark::images
