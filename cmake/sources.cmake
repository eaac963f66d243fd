# SPDX-License-Identifier: MIT
# Builds Google Benchmark and GoogleTest from Debian's source packages, which are in the sysroot:
#  - Debian's libbenchmark-dev has no static library and reports "built as DEBUG";
#  - lld rejects Debian's libgtest.a on riscv64.
set(_benchmark_source "${PROCMARK_SYSROOT}/usr/src/benchmark")
set(_googletest_source "${PROCMARK_SYSROOT}/usr/src/googletest")
set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_WERROR OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_GTEST_TESTS OFF CACHE BOOL "" FORCE)
set(HAVE_STD_REGEX ON CACHE BOOL "" FORCE)  # a cross build cannot run Google Benchmark's probe
set(HAVE_STEADY_CLOCK ON CACHE BOOL "" FORCE)
set(HAVE_POSIX_REGEX ON CACHE BOOL "" FORCE)
set(INSTALL_GTEST OFF CACHE BOOL "" FORCE)
set(GIT_VERSION "0.0.0")  # the source package is not a git repository
add_subdirectory("${_benchmark_source}" benchmark EXCLUDE_FROM_ALL SYSTEM)
add_subdirectory("${_googletest_source}" googletest EXCLUDE_FROM_ALL SYSTEM)
