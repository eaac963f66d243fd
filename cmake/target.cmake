# SPDX-License-Identifier: MIT
# The toolchain of the programs that run in guests: bench/, conformance/ and images/guest/. One clang
# and one sysroot for each architecture build them static, so that their bytes do not depend on the
# host. `procmark-images sysroot ARCH` makes the sysroot.
#
# Inputs: PROCMARK_ARCH (a Debian architecture name) and PROCMARK_SYSROOT (a folder).
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PROCMARK_ARCH PROCMARK_SYSROOT)

include(${CMAKE_CURRENT_LIST_DIR}/architectures.cmake)
if(NOT PROCMARK_ARCH IN_LIST PROCMARK_ARCHITECTURES)
  string(REPLACE ";" " " _names "${PROCMARK_ARCHITECTURES}")
  message(FATAL_ERROR "PROCMARK_ARCH '${PROCMARK_ARCH}' is not one of ${_names}")
endif()
set(_triplet ${PROCMARK_ARCH_triplet_${PROCMARK_ARCH}})
if(NOT EXISTS "${PROCMARK_SYSROOT}/usr/include")
  message(FATAL_ERROR "PROCMARK_SYSROOT '${PROCMARK_SYSROOT}' is not a sysroot: make one with ./run.sh images build")
endif()

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${PROCMARK_ARCH_machine_${PROCMARK_ARCH}})
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET ${_triplet})
set(CMAKE_CXX_COMPILER_TARGET ${_triplet})
set(CMAKE_ASM_COMPILER_TARGET ${_triplet})
set(CMAKE_SYSROOT "${PROCMARK_SYSROOT}")
# Set this explicitly. Autodetection goes through the lib -> usr/lib symlink, yields a path that ninja
# normalises to a missing file, and rebuilds everything.
file(GLOB _gcc "${PROCMARK_SYSROOT}/usr/lib/gcc/${_triplet}/*")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# The bytes of a program must not contain the path of the build folder or of the sysroot.
set(_reproducible "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${PROCMARK_SYSROOT}=sysroot")
set(CMAKE_C_FLAGS_INIT "--gcc-install-dir=${_gcc} ${_reproducible}")
set(CMAKE_CXX_FLAGS_INIT "--gcc-install-dir=${_gcc} ${_reproducible}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld-19 -static -Wl,--build-id=none")
