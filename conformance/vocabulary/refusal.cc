// SPDX-License-Identifier: MIT
// One shared page per test, with one byte per refusal.
#include "conformance/vocabulary/refusal.h"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {
namespace {

constexpr size_t kPageBytes = 4096;
std::atomic<char>* notes_in_use = nullptr;

size_t IndexOf(Refusal refusal) { return static_cast<size_t>(refusal); }

}  // namespace

void NoteRefusal(Refusal refusal) {
  if (notes_in_use != nullptr) notes_in_use[IndexOf(refusal)].store(1, std::memory_order_relaxed);
}

RefusalNotes::RefusalNotes()
    : page_(
          ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
  if (page_ == MAP_FAILED) ThrowErrno("mmap", errno);
}

RefusalNotes::~RefusalNotes() {
  if (notes_in_use == page_) notes_in_use = nullptr;
  ::munmap(page_, kPageBytes);
}

void RefusalNotes::Use() const { notes_in_use = static_cast<std::atomic<char>*>(page_); }

bool RefusalNotes::Has(Refusal refusal) const {
  return static_cast<const std::atomic<char>*>(page_)[IndexOf(refusal)].load() != 0;
}

}  // namespace procmark::conformance
