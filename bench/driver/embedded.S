// The programs as bytes; the assembler finds them in the build folder.
.section .rodata, "a"
.macro program symbol, file
.balign 64
.globl procmark_\symbol
procmark_\symbol:
.incbin "\file"
.globl procmark_\symbol\()_end
procmark_\symbol\()_end:
.byte 0
.endm
program exit_raw, procmark-exit-raw
program exit_libc, procmark-exit-libc
program exit_pie, procmark-exit-pie
program exit_dynamic, procmark-exit-dynamic
program subject_numa, procmark-subject-numa
program subject_raw, procmark-subject-raw
program subject_life, procmark-subject-life
program subject_libc, procmark-subject-libc
program subject_libc_life, procmark-subject-libc-life
program limit_raw, procmark-limit-raw
program limit_libc, procmark-limit-libc
program limit_life, procmark-limit-life
program limit_libc_life, procmark-limit-libc-life
.section .note.GNU-stack, "", %progbits
