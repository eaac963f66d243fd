#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds init and the programs of bench/ that are measured in a second time, from a copy of the
# source in another folder, without a compiler cache, and holds the bytes against the first build's.
#
#   reproducible_test.sh SOURCE BUILD [all]      both as CMake knows them
#
# `all` takes everything that goes into a guest, which costs minutes: the tests do without.
set -euo pipefail

source=$1
build=$2
files=(images/procmark-init bench/procmark-subject-raw-create bench/procmark-subject-libc-other
  bench/procmark-limit-libc-create bench/procmark-exit-raw)
[[ ${3:-} != all ]] || files+=(bench/procmark-bench conformance/procmark-conformance)
targets=("${files[@]##*/}")

elsewhere=$(mktemp -d)
trap 'rm -rf -- "$elsewhere"' EXIT
copy=$elsewhere/a/folder/of/quite/another/name
mkdir -p "$copy/source"
tar -C "$source" --exclude=./build --exclude=./results/runs --exclude=./.git -cf - . |
  tar -C "$copy/source" -xf -

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

cmake -S "$copy/source" -B "$copy/built" -G Ninja \
  -DCMAKE_TOOLCHAIN_FILE="$copy/source/cmake/target.cmake" \
  -DCMAKE_BUILD_TYPE="$(cached CMAKE_BUILD_TYPE)" \
  -DCMAKE_CXX_FLAGS_RELEASE="$(cached CMAKE_CXX_FLAGS_RELEASE)" \
  -DPROCMARK_PROGRAMS=ON -DPROCMARK_ARCH="$(cached PROCMARK_ARCH)" \
  -DPROCMARK_SYSROOT="$(cached PROCMARK_SYSROOT)" \
  -DCMAKE_C_COMPILER_LAUNCHER= -DCMAKE_CXX_COMPILER_LAUNCHER= >"$elsewhere/log" 2>&1 ||
  { cat "$elsewhere/log"; exit 1; }
ninja -C "$copy/built" "${targets[@]}" >"$elsewhere/log" 2>&1 ||
  { tail -n 30 "$elsewhere/log"; exit 1; }

different=0
for file in "${files[@]}"; do
  if cmp "$build/$file" "$copy/built/$file"; then
    printf '%s  %s, twice\n' "$(sha256sum <"$build/$file" | cut -c1-64)" "$file"
  else
    different=1
  fi
done
exit "$different"
