# SPDX-License-Identifier: MIT
# Precompiles the headers that take a third of the compile time of a file, for all targets of the
# harness.

# Sets `result` to every C++ target below `folder`. They all have the same compiler flags.
function(_procmark_targets folder result)
  set(found)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type MATCHES "EXECUTABLE|STATIC_LIBRARY")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(inner ${folders})
    _procmark_targets(${inner} inner_found)
    list(APPEND found ${inner_found})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

function(procmark_precompile)
  _procmark_targets(${PROJECT_SOURCE_DIR} targets)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cc CONTENT "")
  add_library(procmark_precompiled STATIC ${PROJECT_BINARY_DIR}/precompiled.cc)
  target_link_libraries(procmark_precompiled PUBLIC procmark_warnings procmark_sanitize)
  # Every target that shares this precompiled header needs GoogleTest's public definitions.
  target_compile_definitions(procmark_sanitize INTERFACE GTEST_HAS_PTHREAD=1)
  target_precompile_headers(procmark_precompiled PUBLIC
    <gtest/gtest.h> <nlohmann/json.hpp> <filesystem> <fstream> <functional> <map> <string> <vector>)
  if(PROCMARK_SANITIZE)
    # The tests of these targets simulate thousands of runs, so they are optimized. They cannot use
    # a precompiled header that was compiled without optimization.
    set(numeric procmark_compare procmark_stats)
    list(REMOVE_ITEM targets ${numeric})
    foreach(target ${numeric})
      target_compile_options(${target} PRIVATE -O1)
    endforeach()
  endif()
  foreach(target ${targets})
    target_precompile_headers(${target} REUSE_FROM procmark_precompiled)
  endforeach()
endfunction()
