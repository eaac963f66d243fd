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

// Those that measure, in the order in which their benchmarks are listed.
const std::array<Embedded, 9>& EmbeddedPrograms();

// What exec benchmarks run: the program that exits at once, without a C library and with one.
const Embedded& ExitProgram();
const Embedded& LibcExitProgram();
// The same with a C library: static and position-independent (empty where that C library has no
// start code for such a program), and dynamic.
const Embedded& PieExitProgram();
const Embedded& DynamicExitProgram();

}  // namespace procmark::bench
