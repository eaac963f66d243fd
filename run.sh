#!/usr/bin/env bash
# The one door: installs what is missing, builds what changed, then does what it is told.
#
#   ./run.sh            the main job (plans/default.toml)
#   ./run.sh test       this project's own tests
#   ./run.sh COMMAND …  any command of procmark; ./run.sh --help lists them
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$root/build

# What every command needs; Debian's names. QEMU comes with the guests that need it.
packages=(
  ca-certificates debian-archive-keyring                 # the mirror, verified
  g++ cmake ninja-build                                  # the harness
  libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libfmt-dev libboost-dev
  libarchive-dev libelf-dev libre2-dev libssl-dev libgtest-dev libgmock-dev libjs-chart.js
  distro-info-data                                       # which suites Debian has
  clang-19 lld-19                                        # the static programs
)
# What only ./run.sh test needs.
test_packages=(clang-format-14 clang-tidy-19 libclang-rt-19-dev git libxml2-utils procps qemu-user-static strace)

say() { printf 'procmark: %s\n' "$*" >&2; }

# Prints each of the given packages that is not installed.
missing_packages() {
  local package
  for package in "$@"; do
    # shellcheck disable=SC2016  # dpkg-query's own placeholder
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

install_packages() {
  local missing as_root=()
  if ! command -v dpkg-query >/dev/null; then
    say "this is not a Debian system: install the equivalents of: $*"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    # sudo may ask for a password only where somebody can answer.
    if ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
      say "packages are missing and this user cannot install them; as root, run:"
      say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      exit 2
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  logged install "${as_root[@]}" apt-get -q update
  logged install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install -y --no-install-recommends "${missing[@]}"
}

# logged NAME COMMAND…: runs it with its output in build/NAME.log, whose end is shown on failure.
logged() {
  local log=$build/$1.log
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    say "this failed: $* (all of it is in $log)"
    exit 3
  fi
}

# configure PRESET [OPTION…]: once; CMake itself notices later changes.
configure() {
  local preset=$1
  shift
  [[ -f $build/$preset/build.ninja ]] || logged "configure-$preset" \
    cmake -S "$root" --preset "$preset" "$@"
}

# forget_old_headers PRESET: a package's headers are older than what was precompiled of those that
# they replaced, so ninja sees no change, and clang then refuses the whole.
forget_old_headers() {
  local precompiled
  for precompiled in "$build/$1"/CMakeFiles/*/cmake_pch.*ch; do
    [[ ! -e $precompiled ]] ||
      [[ ! $(find /var/lib/dpkg/info -name '*-dev*.list' -newer "$precompiled" 2>/dev/null) ]] ||
      rm "$precompiled"
  done
}

# compile PRESET [TARGET…]
compile() {
  local preset=$1
  shift
  forget_old_headers "$preset"
  logged "build-$preset" ninja -C "$build/$preset" "$@"
}

build_harness() {
  configure harness
  [[ -x $build/harness/harness/procmark ]] || say "building the harness"
  compile harness "$@"
}

# build_programs ARCH [TARGET…]
build_programs() {
  local arch=$1 sysroot
  shift
  if [[ ! -f $build/programs-$arch/build.ninja ]]; then
    say "fetching the sysroot for $arch and building its programs"
    sysroot=$("$build/harness/images/procmark-images" sysroot "$arch") || exit $?
    configure "programs-$arch" "-DPROCMARK_SYSROOT=$sysroot"
  fi
  compile "programs-$arch" "$@"
}

# provide COMMAND…: what that command needs beside the harness, which knows.
provide() {
  local need kind name needs=() needed_packages=()
  mapfile -t needs < <("$build/harness/harness/procmark" needs "$@")
  for need in ${needs[@]+"${needs[@]}"}; do
    read -r kind name <<<"$need"
    [[ $kind != package ]] || needed_packages+=("$name")
  done
  install_packages ${needed_packages[@]+"${needed_packages[@]}"}
  for need in ${needs[@]+"${needs[@]}"}; do
    read -r kind name <<<"$need"
    [[ $kind != programs ]] ||
      build_programs "$name" procmark-bench procmark-conformance procmark-init
  done
}

run_tests() {
  build_harness procmark procmark-images lint/all e2e/all conformance/ctest/all
  provide run
  build_programs amd64 all
  provide run --cell arm64/debian-6.12/cortex-a72/exact  # guests of a second architecture
  configure sanitize
  say "building the tests with sanitizers"
  compile sanitize all
  "$root/.ci/tests" "$@"
}

mkdir -p "$build"
exec 9>"$build/.lock"
flock -n 9 || { say "another ./run.sh is building here; waiting for it" && flock 9; }
export PROCMARK_BUILD=$build PROCMARK_PROJECT=$root
export PROCMARK_RESULTS=${PROCMARK_RESULTS:-$root/results}

if [[ ${1:-} == test ]]; then
  shift
  install_packages "${packages[@]}" "${test_packages[@]}"
  run_tests "$@"
else
  install_packages "${packages[@]}"
  build_harness procmark procmark-images
  (($#)) || set -- run
  provide "$@"
  exec 9>&-
  exec "$build/harness/harness/procmark" "$@"
fi
