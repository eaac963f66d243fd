// Bytes that nobody uses, so that in a limit the C library lies where it lies in its subject: 64
// KiB elsewhere are two faults more in each child (subject/tail.cc says what a child maps). How
// much is the build's affair: CMakeLists.txt.

#define PROCMARK_TEXT_OF(number) #number
#define PROCMARK_TEXT(number) PROCMARK_TEXT_OF(number)

// "R" keeps a section that nothing refers to.
asm(".pushsection .text.fill, \"axR\", %progbits\n"
    ".fill " PROCMARK_TEXT(PROCMARK_FILL_TEXT) ", 1, 1\n"
    ".popsection\n"
    ".pushsection .rodata.fill, \"aR\", %progbits\n"
    ".fill " PROCMARK_TEXT(PROCMARK_FILL_RODATA) ", 1, 1\n"
    ".popsection\n");
