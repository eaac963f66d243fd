// Pages that nobody uses, so that the raw limit weighs what the raw subject does: the child of a
// fork maps up to sixteen neighbouring pages of the text at its first fault and unmaps them at its
// exit (mm/memory.c do_fault_around), so each page of text costs it something.

// "R" keeps a section that nothing refers to.
asm(".pushsection .text.fill, \"axR\", %progbits\n"
    ".fill 24 * 1024, 1, 1\n"
    ".popsection\n"
    ".pushsection .rodata.fill, \"aR\", %progbits\n"
    ".fill 12 * 1024, 1, 1\n"
    ".popsection\n");
