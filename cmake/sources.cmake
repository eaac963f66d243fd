# Google Benchmark and GoogleTest, built from the Debian sources that the sysroot carries:
#  - Debian's libbenchmark-dev has no static library and reports "built as DEBUG";
#  - lld refuses Debian's libgtest.a on riscv64.
set(_benchmark_source "${PROCMARK_SYSROOT}/usr/src/benchmark")
set(_googletest_source "${PROCMARK_SYSROOT}/usr/src/googletest")
set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_WERROR OFF CACHE BOOL "" FORCE)
set(BENCHMARK_ENABLE_GTEST_TESTS OFF CACHE BOOL "" FORCE)
set(HAVE_STD_REGEX ON CACHE BOOL "" FORCE)  # its run-time probe cannot run when cross-compiling
set(HAVE_STEADY_CLOCK ON CACHE BOOL "" FORCE)
set(HAVE_POSIX_REGEX ON CACHE BOOL "" FORCE)
set(INSTALL_GTEST OFF CACHE BOOL "" FORCE)
set(GIT_VERSION "0.0.0")  # the unpacked source is no git checkout
add_subdirectory("${_benchmark_source}" benchmark EXCLUDE_FROM_ALL SYSTEM)
add_subdirectory("${_googletest_source}" googletest EXCLUDE_FROM_ALL SYSTEM)
