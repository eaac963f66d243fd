# A few headers are a third of what compiling a file costs; all of the instrument reads them
# precompiled.

# Every C++ target below a folder that has our warnings: those share their flags.
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
  # What GoogleTest's own target says to its users must be said to all who share the headers.
  target_compile_definitions(procmark_sanitize INTERFACE GTEST_HAS_PTHREAD=1)
  target_precompile_headers(procmark_precompiled PUBLIC
    <gtest/gtest.h> <nlohmann/json.hpp> <filesystem> <fstream> <functional> <map> <string> <vector>)
  if(PROCMARK_SANITIZE)
    # Thousands of runs are simulated by these, so they are optimized; the others' precompiled
    # headers, which are not, do not fit them.
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
