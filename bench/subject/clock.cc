// SPDX-License-Identifier: MIT
// Looks up clock_gettime in the vDSO's ELF symbols, without a C library.
#include "bench/subject/clock.h"

#include <elf.h>

#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

#if __SIZEOF_POINTER__ == 8
using Header = Elf64_Ehdr;
using Segment = Elf64_Phdr;
using Dynamic = Elf64_Dyn;
using Symbol = Elf64_Sym;
#else
using Header = Elf32_Ehdr;
using Segment = Elf32_Phdr;
using Dynamic = Elf32_Dyn;
using Symbol = Elf32_Sym;
#endif

#if defined(__s390x__)
using HashWord = uint64_t;  // s390x's ELF supplement: DT_HASH has words of 64 bits
#else
using HashWord = uint32_t;
#endif

#if defined(__x86_64__) || defined(__riscv)
constexpr const char* kClockName = "__vdso_clock_gettime";
#elif defined(__arm__)
constexpr const char* kClockName = "__vdso_clock_gettime64";  // Linux 5.5
#elif defined(__aarch64__) || defined(__powerpc64__) || defined(__s390x__)
constexpr const char* kClockName = "__kernel_clock_gettime";
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif

// DT_GNU_HASH has no count, but the word of the last symbol is odd.
uint32_t CountByGnuHash(const uint32_t* table) {
  const uint32_t buckets = table[0];
  const uint32_t first = table[1];
  const uint32_t bloom_words = table[2] * (sizeof(void*) / sizeof(uint32_t));
  const uint32_t* bucket = table + 4 + bloom_words;
  const uint32_t* chain = bucket + buckets;
  uint32_t last = 0;
  for (uint32_t i = 0; i < buckets; ++i) {
    if (bucket[i] > last) last = bucket[i];
  }
  if (last < first) return first;
  while ((chain[last - first] & 1) == 0) ++last;
  return last + 1;
}

}  // namespace

ClockGettime FindVdsoClock(const unsigned long* auxv) {
  uintptr_t image = 0;
  for (; auxv[0] != AT_NULL; auxv += 2) {
    if (auxv[0] == AT_SYSINFO_EHDR) image = auxv[1];
  }
  if (image == 0) return nullptr;
  const auto* header = reinterpret_cast<const Header*>(image);
  const auto* segment = reinterpret_cast<const Segment*>(image + header->e_phoff);
  uintptr_t load_offset = 0;
  const Dynamic* dynamic = nullptr;
  bool loaded = false;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    if (segment[i].p_type == PT_LOAD && !loaded) {
      loaded = true;
      load_offset = image + segment[i].p_offset - segment[i].p_vaddr;
    } else if (segment[i].p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const Dynamic*>(image + segment[i].p_offset);
    }
  }
  if (!loaded || dynamic == nullptr) return nullptr;
  const char* strings = nullptr;
  const Symbol* symbols = nullptr;
  uint32_t count = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    const uintptr_t address = load_offset + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_STRTAB) strings = reinterpret_cast<const char*>(address);
    if (dynamic->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const Symbol*>(address);
    if (dynamic->d_tag == DT_HASH)
      count = static_cast<uint32_t>(reinterpret_cast<const HashWord*>(address)[1]);
    if (dynamic->d_tag == DT_GNU_HASH && count == 0)
      count = CountByGnuHash(reinterpret_cast<const uint32_t*>(address));
  }
  if (strings == nullptr || symbols == nullptr) return nullptr;
  for (uint32_t i = 0; i < count; ++i) {
    if (symbols[i].st_shndx == SHN_UNDEF || !SameText(strings + symbols[i].st_name, kClockName))
      continue;
    return reinterpret_cast<ClockGettime>(load_offset + symbols[i].st_value);
  }
  return nullptr;
}

int ClockBySyscall(int clock, __kernel_timespec* now) {
#if defined(__NR_clock_gettime64)
  constexpr long kNumber = __NR_clock_gettime64;
#else
  constexpr long kNumber = __NR_clock_gettime;
#endif
  return static_cast<int>(sys::RawSyscall(kNumber, clock, sys::RawArg(now)));
}

}  // namespace procmark::subject
