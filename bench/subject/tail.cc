// 64 KiB behind the last loop, so that every loop lies in the midst of text: the child of a fork
// maps up to sixteen pages around the first one that it runs in (mm/memory.c do_fault_around), as
// far as they are the program's, and unmaps them at its exit. A loop near the end would be cheaper
// by what is missing there; that was seen to be 5 % of a fork. The other end is the linker's:
// CMakeLists.txt.
//
// "R" keeps a section that nothing refers to.
asm(".pushsection .text.tail, \"axR\", %progbits\n"
    ".fill 65536, 1, 0\n"
    ".popsection\n");
