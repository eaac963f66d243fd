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
program subject_libc_numa, procmark-subject-libc-numa
program subject_raw_create, procmark-subject-raw-create
program subject_raw_other, procmark-subject-raw-other
program subject_libc_create, procmark-subject-libc-create
program subject_libc_other, procmark-subject-libc-other
program limit_raw_create, procmark-limit-raw-create
program limit_libc_create, procmark-limit-libc-create
program limit_raw_other, procmark-limit-raw-other
program limit_libc_other, procmark-limit-libc-other
.section .note.GNU-stack, "", %progbits
