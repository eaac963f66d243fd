// SPDX-License-Identifier: MIT
// Shapes in the names of benchmarks: "fork/rss:64M/threads:8/to:reaped" is "fork/to:reaped" of a
// subject with 64 MiB and 8 threads more.
#pragma once

#include <string>
#include <vector>

#include "bench/subject/slice.h"

namespace procmark::bench {

// The parts of a benchmark's name.
struct ShapedName {
  std::string base;  // without the parameters of its shape
  subject::Shape shape{};
  bool shaped = false;
  // The shape in words: "64MiB of memory more, all of it resident, 8 sleeping threads more", or "".
  std::string words;
};

// Removes every "key:value" that is a parameter of a shape from the name. Others stay, so a
// benchmark may have parameters of its own. Throws Complaint (usage) if a shape's parameter has a
// bad value or occurs twice.
ShapedName ParseShapedName(const std::string& name);

// The base's name with the parameters ("rss:64M", "rss:64M/page:thp") inserted before the edges.
std::string InsertParameters(const std::string& base, const std::string& parameters);

// The bytes of "4096", "64K", "16M" or "1G". Throws Complaint (usage), which names `key`, for any
// other text.
uint64_t ParseBytes(const std::string& key, const std::string& text);

}  // namespace procmark::bench
