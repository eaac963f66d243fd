# SPDX-License-Identifier: MIT
# Writes the assembly of the padding that places the C library at the same addresses in a limit as in
# its subject.
#
#   cmake -DSUBJECT=subject.map -DLIMIT=limit.map -DOUTPUT=padding.S -P libc_padding.cmake
#
# Without SUBJECT and LIMIT: padding of one byte, for the first link of the limit.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/link_map.cmake)

# Each output section to which our own objects contribute, with its type and flags.
set(padded .rodata .text .tbss)
set(flags_.rodata "aR\", %progbits")
set(flags_.text "axR\", %progbits")
set(flags_.tbss "awTR\", %nobits")
# The subject's list of benchmarks (benchmark.h). A limit has none.
set(list_bytes 0)

set(assembly "// \"R\" keeps a section that nothing refers to.\n")
if(DEFINED SUBJECT)
  read_link_map(${SUBJECT} subject)
  read_link_map(${LIMIT} limit)
  set(list_bytes ${subject_size_procmark_list})
endif()
foreach(section IN LISTS padded)
  set(bytes 1)
  set(align 1)
  if(DEFINED SUBJECT)
    if(NOT DEFINED subject_library_${section})
      continue()  # the subject's own objects do not contribute to it
    endif()
    math(EXPR bytes "${subject_library_${section}} - ${limit_pad_${section}}")
    if(bytes LESS 0 AND section STREQUAL ".text")
      message(FATAL_ERROR "${LIMIT}: its own text is larger than its subject's, so no padding can "
                          "place the C library as in ${SUBJECT}")
    elseif(bytes LESS 0)
      set(bytes 0)  # data may be elsewhere, see check_libc_places.cmake
    endif()
    if(limit_pad_${section} EQUAL 0)
      set(align ${subject_align_${section}})
    endif()
  endif()
  string(APPEND assembly ".section ${section}.pad, \"${flags_${section}}\n"
                         "  .balign ${align}\n  .zero ${bytes}\n")
endforeach()
if(list_bytes GREATER 0)
  string(APPEND assembly ".section procmark_list, \"aR\", %progbits\n  .balign 16\n"
                         "  .zero ${list_bytes}\n")
endif()
file(WRITE ${OUTPUT} "${assembly}.section .note.GNU-stack, \"\", %progbits\n")
