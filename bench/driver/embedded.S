// SPDX-License-Identifier: MIT
// The programs that procmark-bench carries, as bytes, and a table of them (Row in embedded.cc).
// bench/CMakeLists.txt holds the list and writes it to embedded_programs.inc; the assembler finds
// the programs in the build folder.
.macro program name
  .pushsection .rodata.\name, "aR", %progbits
  .balign 64
.Lbegin\@:
  .incbin "\name"
.Lend\@:
.Lname\@:
  .asciz "\name"
  .popsection
  .pushsection procmark_programs, "aR", %progbits
  .dc.a .Lname\@, .Lbegin\@, .Lend\@
  .popsection
.endm
.include "embedded_programs.inc"
.section .note.GNU-stack, "", %progbits
