# Runs the core set on this machine: only what expectations.toml knows for this kernel may fail, and
# must.
cmake_policy(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/known_deviations.cmake)
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
judge("${output}")
if(NOT trouble STREQUAL "" OR NOT output MATCHES "PASSED  \\] ([0-9]+) tests" OR
   (NOT status EQUAL 0 AND expected EQUAL 0))
  message(FATAL_ERROR "on Linux ${version} the suite ended with ${status}:\n${trouble}${output}")
endif()
message(STATUS "on Linux ${version}: ${CMAKE_MATCH_1} tests pass, ${expected} fail as known")
