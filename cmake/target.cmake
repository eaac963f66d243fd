# The toolchain of everything that runs where it is measured (bench/, conformance/, images/guest/init.cc):
# one clang, one sysroot per architecture, everything static, so that a guest's bytes do not depend
# on the host that built them. The sysroot is made by `procmark-images sysroot ARCH`.
#
# Inputs: PROCMARK_ARCH (a Debian architecture name) and PROCMARK_SYSROOT (a folder).
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PROCMARK_ARCH PROCMARK_SYSROOT)

set(_triplet_amd64 x86_64-linux-gnu)
set(_triplet_arm64 aarch64-linux-gnu)
set(_triplet_riscv64 riscv64-linux-gnu)
set(_triplet_ppc64el powerpc64le-linux-gnu)
set(_triplet_s390x s390x-linux-gnu)
set(_triplet_armhf arm-linux-gnueabihf)
set(_triplet ${_triplet_${PROCMARK_ARCH}})
if(NOT _triplet)
  message(FATAL_ERROR "PROCMARK_ARCH '${PROCMARK_ARCH}' is not one of amd64 arm64 riscv64 ppc64el s390x armhf")
endif()
if(NOT EXISTS "${PROCMARK_SYSROOT}/usr/include")
  message(FATAL_ERROR "PROCMARK_SYSROOT '${PROCMARK_SYSROOT}' is not a sysroot: make one with ./run.sh images build")
endif()

set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${_triplet}")
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
# Neither the build folder's nor the sysroot's path may reach the bytes of a program.
set(_reproducible "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${PROCMARK_SYSROOT}=sysroot")
set(CMAKE_C_FLAGS_INIT "--gcc-install-dir=${_gcc} ${_reproducible}")
set(CMAKE_CXX_FLAGS_INIT "--gcc-install-dir=${_gcc} ${_reproducible}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld-19 -static -Wl,--build-id=none")
