// Bytes that nobody uses, so that a limit weighs what its subject does and a C library lies where
// it lies there: the child of a fork maps up to sixteen neighbouring pages of a program at its
// first fault among them and unmaps them at its exit (mm/memory.c do_fault_around), so each page
// and each such neighbourhood costs it something. How much is the build's affair: CMakeLists.txt.

#define PROCMARK_TEXT_OF(number) #number
#define PROCMARK_TEXT(number) PROCMARK_TEXT_OF(number)

// "R" keeps a section that nothing refers to.
asm(".pushsection .text.fill, \"axR\", %progbits\n"
    ".fill " PROCMARK_TEXT(PROCMARK_FILL_TEXT) ", 1, 1\n"
    ".popsection\n"
    ".pushsection .rodata.fill, \"aR\", %progbits\n"
    ".fill " PROCMARK_TEXT(PROCMARK_FILL_RODATA) ", 1, 1\n"
    ".popsection\n");
