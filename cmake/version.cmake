# SPDX-License-Identifier: MIT
# Writes a C++ file that holds the commit of the sources and whether they were modified since.
#   cmake -DSOURCE=FOLDER -DOUTPUT=FILE -DDEPFILE=FILE -P version.cmake
# It runs during the build. The dependency file names what can change the answer: git's HEAD and
# every tracked file. Results do not change the tool, so they do not count as a modification.
set(ours . ":(exclude)results")

# Runs git in SOURCE, without the user's lock or a check of the folder's owner.
function(git result)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env GIT_OPTIONAL_LOCKS=0 git -c safe.directory=* ${ARGN}
    WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE output RESULT_VARIABLE status ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    set(output "")
  endif()
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

set(commit "")
set(modified false)
set(inputs "${SOURCE}/cmake/commit.txt")
git(top rev-parse --show-toplevel)
get_filename_component(source "${SOURCE}" REALPATH)
if(top STREQUAL source)  # else these sources were unpacked somewhere inside another repository
  git(commit rev-parse --verify HEAD)
  git(changes status --porcelain --untracked-files=no -- ${ours})
  if(changes)
    set(modified true)
  endif()
  git(branch rev-parse --symbolic-full-name HEAD)
  foreach(name HEAD logs/HEAD packed-refs ${branch})
    git(path rev-parse --path-format=absolute --git-path ${name})
    list(APPEND inputs "${path}")
  endforeach()
  git(files -c core.quotePath=false ls-files -- ${ours})
  string(REPLACE ";" "\\;" files "${files}")
  string(REPLACE "\n" ";" files "${files}")
  foreach(file ${files})
    list(APPEND inputs "${SOURCE}/${file}")
  endforeach()
else()
  file(STRINGS "${SOURCE}/cmake/commit.txt" archived LIMIT_COUNT 1)
  if(archived MATCHES "^[0-9a-f]+$")
    set(commit "${archived}")
  endif()
endif()

string(SUBSTRING "${commit}" 0 12 commit)
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
// Written by cmake/version.cmake.
#include "harness/cli/version.h"

namespace procmark::cli {
const Commit kCommit = {"@commit@", @modified@};
}  // namespace procmark::cli
]])

set(rule "${OUTPUT}:")
foreach(input ${inputs})
  if(EXISTS "${input}")
    string(REPLACE " " "\\ " input "${input}")
    string(APPEND rule " \\\n  ${input}")
  endif()
endforeach()
file(WRITE "${DEPFILE}" "${rule}\n")
