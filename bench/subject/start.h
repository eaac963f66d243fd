// What begins a program (start.cc without a C library, libc_main.cc with one) and what it runs.
#pragma once

namespace procmark::subject {

// The program's whole life: argv[1] is the number of the descriptor that holds the Pages, `auxv`
// what the kernel put above the environment. Returns the exit status: 0 when the pages hold a
// report, 2 when there are none. Defined once per program: subject.cc, limits/limit.cc.
int RunProgram(int argc, char** argv, const unsigned long* auxv);

}  // namespace procmark::subject
