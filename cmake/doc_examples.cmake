# SPDX-License-Identifier: MIT
# Examples in the pages below docs/ that are complete files: they are built, so that they stay right.
#
#   procmark_doc_example(PAGE FIRST_LINE OUTPUT)
#
# Writes the fenced C++ example of PAGE that starts with FIRST_LINE to OUTPUT while CMake configures,
# and configures again when PAGE changes.
function(procmark_doc_example page first_line output)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  file(READ "${page}" text)
  string(FIND "${text}" "```cpp\n${first_line}\n" start)
  if(start EQUAL -1)
    message(FATAL_ERROR "${page} has no C++ example that starts with '${first_line}'")
  endif()
  math(EXPR start "${start} + 7")  # after the fence
  string(SUBSTRING "${text}" ${start} -1 text)
  string(FIND "${text}" "\n```" length)
  if(length EQUAL -1)
    message(FATAL_ERROR "${page}: the example that starts with '${first_line}' has no end")
  endif()
  string(SUBSTRING "${text}" 0 ${length} text)
  set(old "")
  if(EXISTS "${output}")
    file(READ "${output}" old)
  endif()
  if(NOT old STREQUAL "${text}\n")
    file(WRITE "${output}" "${text}\n")
  endif()
endfunction()
