// Names the bytes that embedded.S includes.
#include "bench/driver/embedded.h"

#define PROCMARK_BYTES(program)               \
  extern "C" const char procmark_##program[]; \
  extern "C" const char procmark_##program##_end[];
PROCMARK_BYTES(exit_raw)
PROCMARK_BYTES(exit_libc)
PROCMARK_BYTES(exit_pie)
PROCMARK_BYTES(exit_dynamic)
PROCMARK_BYTES(subject_raw)
PROCMARK_BYTES(subject_life)
PROCMARK_BYTES(subject_libc)
PROCMARK_BYTES(subject_libc_life)
PROCMARK_BYTES(subject_numa)
PROCMARK_BYTES(limit_raw)
PROCMARK_BYTES(limit_libc)
PROCMARK_BYTES(limit_life)
PROCMARK_BYTES(limit_libc_life)
#undef PROCMARK_BYTES

namespace procmark::bench {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

const std::array<Embedded, 9>& EmbeddedPrograms() {
  static const std::array<Embedded, 9> programs = {
      Embedded{"procmark-subject-raw", Between(procmark_subject_raw, procmark_subject_raw_end)},
      Embedded{"procmark-subject-life", Between(procmark_subject_life, procmark_subject_life_end)},
      Embedded{"procmark-subject-libc", Between(procmark_subject_libc, procmark_subject_libc_end)},
      Embedded{"procmark-subject-libc-life",
               Between(procmark_subject_libc_life, procmark_subject_libc_life_end)},
      Embedded{"procmark-subject-numa", Between(procmark_subject_numa, procmark_subject_numa_end)},
      Embedded{"procmark-limit-raw", Between(procmark_limit_raw, procmark_limit_raw_end)},
      Embedded{"procmark-limit-libc", Between(procmark_limit_libc, procmark_limit_libc_end)},
      Embedded{"procmark-limit-life", Between(procmark_limit_life, procmark_limit_life_end)},
      Embedded{"procmark-limit-libc-life",
               Between(procmark_limit_libc_life, procmark_limit_libc_life_end)}};
  return programs;
}

const Embedded& ExitProgram() {
  static const Embedded program{"procmark-exit-raw",
                                Between(procmark_exit_raw, procmark_exit_raw_end)};
  return program;
}

const Embedded& LibcExitProgram() {
  static const Embedded program{"procmark-exit-libc",
                                Between(procmark_exit_libc, procmark_exit_libc_end)};
  return program;
}

const Embedded& PieExitProgram() {
  static const Embedded program{"procmark-exit-pie",
                                Between(procmark_exit_pie, procmark_exit_pie_end)};
  return program;
}

const Embedded& DynamicExitProgram() {
  static const Embedded program{"procmark-exit-dynamic",
                                Between(procmark_exit_dynamic, procmark_exit_dynamic_end)};
  return program;
}

}  // namespace procmark::bench
