// SPDX-License-Identifier: MIT
// The list of a program's benchmarks, as the program writes it and procmark-bench reads it.
#pragma once

#include <stdint.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/text.h"

namespace procmark::subject {

// The fields of one line of Pages::list, in their order, with a tab between two.
enum ListField : uint32_t {
  kListName,
  kListFamily,  // "": the part of the name (of a limit: of limit_of) before the first '/'
  kListMeasures,
  kListNotTimed,
  kListFrom,
  kListTo,
  kListForm,  // "raw" or "libc"
  kListTags,  // with a comma between two; without the family
  kListLimitOf,
  kListParameter,
  kListUncounted,  // Uncounted, as one digit
  kListFields
};

struct ListLine {
  const char* fields[kListFields] = {};  // nullptr is ""
};

// The C library's part in this program.
#if defined(PROCMARK_LIBC)
inline constexpr const char* kForm = "libc";
#else
inline constexpr const char* kForm = "raw";
#endif

inline void AddLine(Text& text, const ListLine& line) {
  for (uint32_t i = 0; i < kListFields; ++i) {
    if (line.fields[i] != nullptr) text.Add(line.fields[i]);
    text.Add(i + 1 < kListFields ? "\t" : "\n");
  }
}

}  // namespace procmark::subject
