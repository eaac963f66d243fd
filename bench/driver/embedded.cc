// Names the bytes that embedded.S includes.
#include "bench/driver/embedded.h"

#define PROCMARK_BYTES(program)               \
  extern "C" const char procmark_##program[]; \
  extern "C" const char procmark_##program##_end[];
PROCMARK_BYTES(exit_raw)
PROCMARK_BYTES(exit_libc)
PROCMARK_BYTES(exit_pie)
PROCMARK_BYTES(exit_dynamic)
PROCMARK_BYTES(subject_raw_create)
PROCMARK_BYTES(subject_raw_other)
PROCMARK_BYTES(subject_libc_create)
PROCMARK_BYTES(subject_libc_other)
PROCMARK_BYTES(subject_libc_numa)
PROCMARK_BYTES(limit_raw_create)
PROCMARK_BYTES(limit_libc_create)
PROCMARK_BYTES(limit_raw_other)
PROCMARK_BYTES(limit_libc_other)
#undef PROCMARK_BYTES

namespace procmark::bench {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

const std::array<Embedded, 9>& EmbeddedPrograms() {
  static const std::array<Embedded, 9> programs = {
      Embedded{"procmark-subject-raw-create",
               Between(procmark_subject_raw_create, procmark_subject_raw_create_end)},
      Embedded{"procmark-subject-raw-other",
               Between(procmark_subject_raw_other, procmark_subject_raw_other_end)},
      Embedded{"procmark-subject-libc-create",
               Between(procmark_subject_libc_create, procmark_subject_libc_create_end)},
      Embedded{"procmark-subject-libc-other",
               Between(procmark_subject_libc_other, procmark_subject_libc_other_end)},
      Embedded{"procmark-subject-libc-numa",
               Between(procmark_subject_libc_numa, procmark_subject_libc_numa_end)},
      Embedded{"procmark-limit-raw-create",
               Between(procmark_limit_raw_create, procmark_limit_raw_create_end)},
      Embedded{"procmark-limit-libc-create",
               Between(procmark_limit_libc_create, procmark_limit_libc_create_end)},
      Embedded{"procmark-limit-raw-other",
               Between(procmark_limit_raw_other, procmark_limit_raw_other_end)},
      Embedded{"procmark-limit-libc-other",
               Between(procmark_limit_libc_other, procmark_limit_libc_other_end)}};
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
