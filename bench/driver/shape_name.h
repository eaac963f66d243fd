// The names of shapes: "fork/rss:64M/threads:8/to:reaped" is "fork/to:reaped" by a subject that has
// 64 MiB and 8 threads more.
#pragma once

#include <string>
#include <vector>

#include "bench/subject/slice.h"

namespace procmark::bench {

// A benchmark's name taken apart.
struct ShapedName {
  std::string base;  // without the parameters of its shape
  subject::Shape shape{};
  bool shaped = false;
  // The shape in words, "64 MiB of resident memory more, 8 sleeping threads more"; "" without one.
  std::string words;
};

// Every "key:value" between slashes that is a parameter of a shape is taken out of the name; what
// is none stays, so that a benchmark may have parameters of its own. Throws Complaint (usage) when
// a shape's parameter has a value that it cannot take, or occurs twice.
ShapedName ParseShapedName(const std::string& name);

// The base's name with parameters ("rss:64M", "threads:8") where they belong: before the edges.
std::string InsertParameters(const std::string& base, const std::string& parameters);

// The bytes of "4096", "64K", "16M", "1G"; throws Complaint (usage) naming `key` for anything else.
uint64_t ParseBytes(const std::string& key, const std::string& text);

}  // namespace procmark::bench
