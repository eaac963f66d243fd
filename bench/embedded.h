// The programs that procmark-bench carries inside itself, so that it is the one file that is
// measured with, natively and in a guest.
#pragma once

#include <array>
#include <string_view>

namespace procmark::bench {

struct Embedded {
  const char* name;
  std::string_view image;  // a static ELF executable
};

// In the order in which their benchmarks are listed.
const std::array<Embedded, 4>& EmbeddedPrograms();

// The one that exits at once when it is executed with nothing but a name (subject/start.cc).
const Embedded& ExitProgram();

}  // namespace procmark::bench
