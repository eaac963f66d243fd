// SPDX-License-Identifier: MIT
// The main function of the programs that measure. start.cc calls it in a program without a C
// library, libc_main.cc in a program with one.
#pragma once

namespace procmark::subject {

// argv[1] is the number of the descriptor that holds the Pages. `auxv` is the auxiliary vector that
// the kernel put above the environment. Returns the exit status: 0 if the pages hold a report, else
// 2. subject.cc defines it for subjects, limits/limit.cc for limits.
int ProgramMain(int argc, char** argv, const unsigned long* auxv);

}  // namespace procmark::subject
