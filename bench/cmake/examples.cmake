# SPDX-License-Identifier: MIT
# Takes the C++ examples out of documentation, so that they are compiled and tested.

# Writes each block between "```cpp" and "```" of the file PAGE to a source file of its own, and
# appends the names of these to RESULT. In a header the blocks are part of a comment. A block without
# #include is put into namespace procmark::subject, behind the headers that benchmarks use.
function(procmark_extract_examples result page)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${page})
  file(READ ${PROJECT_SOURCE_DIR}/${page} rest)
  if(page MATCHES "\\.h$")
    string(REGEX REPLACE "\n// ?" "\n" rest "${rest}")
  endif()
  string(MAKE_C_IDENTIFIER ${page} base)
  set(files ${${result}})
  set(line 1)
  set(number 0)
  while(TRUE)
    string(FIND "${rest}" "\n```cpp\n" begin)
    if(begin EQUAL -1)
      break()
    endif()
    math(EXPR begin "${begin} + 8")
    string(SUBSTRING "${rest}" 0 ${begin} before)
    string(REGEX REPLACE "[^\n]" "" newlines "${before}")
    string(LENGTH "${newlines}" count)
    math(EXPR line "${line} + ${count}")
    string(SUBSTRING "${rest}" ${begin} -1 rest)
    string(FIND "${rest}" "\n```\n" end)
    if(end EQUAL -1)
      message(FATAL_ERROR "${page}:${line}: this example does not end")
    endif()
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${rest}" 0 ${end} example)
    set(source "#line ${line} \"${page}\"\n${example}")
    if(NOT example MATCHES "#include")
      set(source "#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include \"bench/subject/create.h\"
#include \"bench/subject/memory.h\"
namespace procmark::subject {
namespace {
${source}}  // namespace
}  // namespace procmark::subject
")
    endif()
    math(EXPR number "${number} + 1")
    set(file ${CMAKE_CURRENT_BINARY_DIR}/examples/${base}_${number}.cc)
    file(CONFIGURE OUTPUT ${file} CONTENT "${source}" @ONLY)
    list(APPEND files ${file})
    string(REGEX REPLACE "[^\n]" "" newlines "${example}")
    string(LENGTH "${newlines}" count)
    math(EXPR line "${line} + ${count}")
    string(SUBSTRING "${rest}" ${end} -1 rest)
  endwhile()
  if(number EQUAL 0)
    message(FATAL_ERROR "${page} has no C++ example")
  endif()
  set(${result} ${files} PARENT_SCOPE)
endfunction()
