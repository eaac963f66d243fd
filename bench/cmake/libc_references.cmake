# SPDX-License-Identifier: MIT
# Writes the assembly of references to all symbols of archives that a subject's own objects refer to.
# With them a limit contains the same members of the C library, in the same order.
#
#   cmake -DREADELF=readelf -DOBJECTS=a.o|b.o -DSUBJECT=subject.map -DOUTPUT=references.S
#     -P libc_references.cmake
cmake_minimum_required(VERSION 3.25)

# The symbols in the parts that come from archives.
file(STRINGS ${SUBJECT} lines)
set(library_symbols)
set(in_library FALSE)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^ *[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +[0-9]+ ( *)([^ ].*)$")
    continue()
  endif()
  string(LENGTH "${CMAKE_MATCH_1}" indentation)
  set(name "${CMAKE_MATCH_2}")
  if(indentation EQUAL 16)
    if(in_library)
      list(APPEND library_symbols ${name})
    endif()
  elseif(name MATCHES "\\.a\\(")
    set(in_library TRUE)
  else()
    set(in_library FALSE)
  endif()
endforeach()

string(REPLACE "|" ";" OBJECTS "${OBJECTS}")
execute_process(COMMAND ${READELF} --symbols --wide ${OBJECTS}
  OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL " UND [^ \n]+" undefined "${table}")
list(REMOVE_DUPLICATES undefined)
set(references)
foreach(symbol IN LISTS undefined)
  string(REPLACE " UND " "" symbol "${symbol}")
  if(symbol IN_LIST library_symbols)
    string(APPEND references "  .dc.a ${symbol}\n")
  endif()
endforeach()
if(NOT references)
  message(FATAL_ERROR "no object of the subject refers to an archive: ${OBJECTS}")
endif()
file(WRITE ${OUTPUT} "// \"R\" keeps a section that nothing refers to.
.section .rodata.libc_references, \"aR\", %progbits
${references}.section .note.GNU-stack, \"\", %progbits
")
