# SPDX-License-Identifier: MIT
# The rows of harness/sys/arch.h, as variables: PROCMARK_ARCHITECTURES is the list of names, and
# PROCMARK_ARCH_<field>_<name> a field. C++ holds the only table; this file reads its text.
#
# As a script it prints the rows, for the test that compares them with what the compiler read:
#   cmake -P cmake/architectures.cmake
set(_procmark_fields name triplet machine loader measured_flag)
set(_procmark_table "${CMAKE_CURRENT_LIST_DIR}/../harness/sys/arch.h")
file(READ "${_procmark_table}" _procmark_text)
string(REGEX MATCHALL "\\.name = \"[^\"]*\"" _procmark_rows "${_procmark_text}")
list(LENGTH _procmark_rows _procmark_row_count)
foreach(_field ${_procmark_fields})
  string(REGEX MATCHALL "\\.${_field} = \"[^\"]*\"" _procmark_values "${_procmark_text}")
  list(LENGTH _procmark_values _count)
  if(NOT _count EQUAL _procmark_row_count)
    message(FATAL_ERROR "${_procmark_table}: ${_count} rows say .${_field} = \"…\", but there are "
            "${_procmark_row_count} rows: say it in each")
  endif()
  set(_procmark_column_${_field})
  foreach(_value ${_procmark_values})
    string(REGEX REPLACE "^[^\"]*\"([^\"]*)\"$" "\\1" _value "${_value}")
    list(APPEND _procmark_column_${_field} "${_value}|")  # an empty element would be lost
  endforeach()
endforeach()
set(PROCMARK_ARCHITECTURES)
set(_row 0)
while(_row LESS _procmark_row_count)
  list(GET _procmark_column_name ${_row} _name)
  string(REPLACE "|" "" _name "${_name}")
  list(APPEND PROCMARK_ARCHITECTURES ${_name})
  foreach(_field ${_procmark_fields})
    list(GET _procmark_column_${_field} ${_row} _value)
    string(REPLACE "|" "" PROCMARK_ARCH_${_field}_${_name} "${_value}")
  endforeach()
  math(EXPR _row "${_row} + 1")
endwhile()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  foreach(_name ${PROCMARK_ARCHITECTURES})
    set(_line)
    foreach(_field ${_procmark_fields})
      string(APPEND _line "${PROCMARK_ARCH_${_field}_${_name}}|")
    endforeach()
    execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${_line}")  # message() writes to stderr
  endforeach()
endif()
