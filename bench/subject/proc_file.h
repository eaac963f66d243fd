// What /proc and /sys say, read without a C library into memory that the caller lends.
#pragma once

#include <stdint.h>

namespace procmark::subject {

// The number after `label` at the start of a line of the file ("" means: at the file's beginning),
// with blanks or colons between; -1 when there is none. At most `room` bytes of the file are looked
// at.
int64_t NumberAfter(const char* path, const char* label, char* buffer, long room);

// What follows the first `text` of the file on its line, terminated, in the buffer; nullptr when
// there is no such line.
char* TextAfter(const char* path, const char* text, char* buffer, long room);

// Whether the first `room` bytes of the file hold `text`.
bool FileHolds(const char* path, const char* text, char* buffer, long room);

// The lines of a file; -1 when it cannot be read.
int64_t CountLines(const char* path, char* buffer, long room);

// The entries of a directory of /proc/self/fd's kind, without the descriptor that reads it; -1 when
// it cannot be read.
int64_t CountEntries(const char* path, char* buffer, long room);

}  // namespace procmark::subject
