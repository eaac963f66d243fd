# SPDX-License-Identifier: MIT
# What `cmake --install` copies. Of the harness: the tool, its manual, and the files that it reads at
# run time, in the folders that harness/cell/installation.cc and harness/cli/main.cc look in. Of the
# programs of an architecture: the three that run where something is measured.
include(GNUInstallDirs)
if(PROCMARK_PROGRAMS)
  set(_place lib/procmark/programs-${PROCMARK_ARCH})
  install(TARGETS procmark-bench RUNTIME DESTINATION ${_place}/bench)
  install(TARGETS procmark-conformance RUNTIME DESTINATION ${_place}/conformance)
  install(TARGETS procmark-init RUNTIME DESTINATION ${_place}/images)
  return()
endif()

install(TARGETS procmark)
install(TARGETS procmark-images RUNTIME DESTINATION lib/procmark/harness/images)
install(TARGETS procmark-profile LIBRARY DESTINATION lib/procmark/harness/harness/explain)
install(DIRECTORY plans DESTINATION share/procmark FILES_MATCHING PATTERN *.toml)
install(FILES conformance/expectations.toml DESTINATION share/procmark/conformance)
install(FILES images/lab/Kbuild images/lab/lab.c DESTINATION share/procmark/images/lab)
install(FILES harness/sys/lab.h DESTINATION share/procmark/harness/sys)
install(FILES README.md CHANGELOG.md LICENSE TYPE DOC)

# Each tool writes its own manual page and completion from the description of its command line.
set(_manual ${PROJECT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${_manual})
foreach(_tool procmark procmark-images)
  add_custom_command(OUTPUT ${_manual}/${_tool}.1 ${_manual}/${_tool}.bash
    COMMAND ${_tool} manual man >${_manual}/${_tool}.1
    COMMAND ${_tool} manual completion >${_manual}/${_tool}.bash
    DEPENDS ${_tool} COMMENT "Writing the manual of ${_tool}")
endforeach()
add_custom_command(OUTPUT ${_manual}/procmark
  COMMAND ${CMAKE_COMMAND} -E cat ${_manual}/procmark-images.bash ${_manual}/procmark.bash
          >${_manual}/procmark
  DEPENDS ${_manual}/procmark-images.bash ${_manual}/procmark.bash)
add_custom_target(manual ALL DEPENDS ${_manual}/procmark ${_manual}/procmark.1
                                     ${_manual}/procmark-images.1)
install(FILES ${_manual}/procmark.1 ${_manual}/procmark-images.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${_manual}/procmark DESTINATION share/bash-completion/completions)
