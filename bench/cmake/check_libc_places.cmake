# SPDX-License-Identifier: MIT
# Fails unless every part of the C library (and of other archives) that a subject contains is at the
# same address in its limit.
#
#   cmake -DSUBJECT=subject.map -DLIMIT=limit.map -P check_libc_places.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/link_map.cmake)
read_library_parts(${SUBJECT} expected)
read_library_parts(${LIMIT} seen)
list(LENGTH expected count)
if(count LESS 100)
  message(FATAL_ERROR "${SUBJECT} has only ${count} parts from archives: is it a link map?")
endif()
set(missing ${expected})
list(REMOVE_ITEM missing ${seen})
list(LENGTH missing wrong)
if(wrong GREATER 0)
  list(SUBLIST missing 0 20 shown)
  list(JOIN shown "\n  " shown)
  message(FATAL_ERROR "${wrong} of ${count} parts are at another address in the limit, or missing. "
                      "In the subject:\n  ${shown}")
endif()
message(STATUS "all ${count} parts are at the same address")
