// SPDX-License-Identifier: MIT
// Reads small files of /proc and /sys without a C library. Each function reads into the caller's
// `buffer` of `room` bytes.
#pragma once

#include <stdint.h>

namespace procmark::subject {

// The number after `label` at the start of a line ("": at the start of the file), with blanks or
// colons in between; -1: there is none. Reads at most `room` bytes of the file.
int64_t NumberAfter(const char* path, const char* label, char* buffer, long room);

// The rest of the line after the first `text` in the file, terminated, in the buffer. nullptr:
// there is no such line.
char* TextAfter(const char* path, const char* text, char* buffer, long room);

// Whether the first `room` bytes of the file contain `text`.
bool FileHolds(const char* path, const char* text, char* buffer, long room);

// The number of lines of a file; -1: it cannot be read.
int64_t CountLines(const char* path, char* buffer, long room);

// The number of entries of a directory like /proc/self/fd, without the descriptor that reads it;
// -1: it cannot be read.
int64_t CountEntries(const char* path, char* buffer, long room);

}  // namespace procmark::subject
