// SPDX-License-Identifier: MIT
// Appends 64 KiB of text after the last loop, so that every loop has code pages on both sides. At
// its first fault on text, the child of a fork maps up to sixteen of the program's pages around it
// (mm/memory.c, do_fault_around), and it unmaps them at its exit. Near the end of the text there
// would be fewer: that made a fork 5 % cheaper. The linker aligns the beginning (CMakeLists.txt).
//
// "R" keeps a section that nothing refers to.
asm(".pushsection .text.tail, \"axR\", %progbits\n"
    ".fill 65536, 1, 0\n"
    ".popsection\n");
