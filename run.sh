#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds what has changed, then runs a command.
#
#   ./run.sh            the main job (plans/default.toml)
#   ./run.sh COMMAND …  any command of procmark; ./run.sh --help lists them
#   ./run.sh check      the quick checks before a commit
#   ./run.sh install P  copies the tool, its manual and this machine's programs below the folder P
#   ./run.sh test       all tests of procmark itself
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$root/build
asked="./run.sh${*:+ $*}"

# Debian packages that every command needs. A guest's QEMU is installed when a command first needs it.
packages=(
  ca-certificates debian-archive-keyring                 # to verify what is downloaded
  g++ cmake ninja-build                                  # to build the harness
  libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libfmt-dev libboost-dev
  libarchive-dev libelf-dev libpugixml-dev libre2-dev libssl-dev libgtest-dev libgmock-dev
  libjs-chart.js
  distro-info-data                                       # the list of Debian's releases
  clang-19 lld-19                                        # to build the static programs
)
# Further packages for ./run.sh check, and for ./run.sh test.
check_packages=(clang-format-14 git)
test_packages=("${check_packages[@]}" clang-tidy-19 groff-base libclang-rt-19-dev libxml2-utils man-db
  procps qemu-user-static strace)

say() { printf 'procmark: %s\n' "$*" >&2; }

# shellcheck source=cmake/build.sh
source "$root/cmake/build.sh"

# Prints each of the given packages that is not installed.
missing_packages() {
  (($#)) || return 0
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null) || true
  printf '%s\n' "$@" | grep -vxF "$(sed -n 's/^installed //p' <<<"$installed")" || true
}

apt_wait_s=600  # for another program that installs packages

# Prints the process that holds a lock of apt or dpkg. fcntl(2) locks are POSIX in proc_locks(5).
apt_lock_holder() {
  local file
  for file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock; do
    [[ -e $file ]] || continue
    awk -v inode=":$(stat -c %i "$file")" '
      $2 == "POSIX" && substr($6, length($6) - length(inode) + 1) == inode { print $5 }' /proc/locks
  done | head -n 1
}

# Waits until no other program installs packages, and says so.
wait_for_apt() {
  local pid deadline=$((SECONDS + apt_wait_s))
  pid=$(apt_lock_holder)
  [[ $pid ]] || return 0
  say "waiting up to $apt_wait_s s for process $pid ($(cat "/proc/$pid/comm" 2>/dev/null || true)), which" \
    "installs packages"
  while [[ $(apt_lock_holder) ]] && ((SECONDS < deadline)); do sleep 1; done
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
    # sudo may ask for a password only on a terminal.
    if ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
      say "packages are missing and this user cannot install them; as root, run:"
      say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      exit 2
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  wait_for_apt
  logged 3 install "${as_root[@]}" apt-get -q update
  logged 3 install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -o "DPkg::Lock::Timeout=$apt_wait_s" install -y --no-install-recommends "${missing[@]}"
}

# build_harness [TARGET…]
build_harness() {
  lock harness "builds the harness"
  remove_if_foreign harness
  [[ -x $harness ]] || say "building the harness"
  configure harness
  compile harness "$@"
  unlock harness
}

# build_programs ARCH [TARGET…]
build_programs() {
  local arch=$1 preset=programs-$1 sysroot
  shift
  lock "$preset" "builds the programs for $arch"
  remove_if_foreign "$preset"
  if [[ -e $build/$preset/build.ninja && ! -d $(cached "$preset" PROCMARK_SYSROOT) ]]; then
    say "the sysroot that $build/$preset was built from is gone; building it again"
    rm -rf "${build:?}/$preset"
  fi
  if [[ ! -f $build/$preset/build.ninja ]]; then
    say "fetching the sysroot for $arch and building its programs"
    sysroot=$("$build/harness/images/procmark-images" sysroot "$arch") || exit $?
    configure "$preset" "-DPROCMARK_SYSROOT=$sysroot"
  fi
  configure "$preset"
  compile "$preset" "$@"
  unlock "$preset"
}

# provide COMMAND…: installs and builds what the command needs beside the harness. The harness says
# what that is.
provide() {
  local need kind name needs=() needed_packages=()
  mapfile -t needs < <("$harness" needs "$@")
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

# Keeps the locks, so that no other run.sh replaces the programs that the tests run.
run_tests() {
  keep_locks=yes
  build_harness procmark procmark-images lint/all e2e/all conformance/ctest/all
  provide run
  build_programs amd64 all
  provide run --cell arm64/debian-6.12/cortex-a72/exact  # guests of a second architecture
  lock sanitize "builds the tests with sanitizers"
  remove_if_foreign sanitize
  configure sanitize
  say "building the tests with sanitizers"
  compile sanitize all
  for preset in "${!locks[@]}"; do lock "$preset" "runs the tests"; done
  "$root/.ci/tests" "$@"
}

run_command() {
  # While another run.sh builds the harness, a command that needs no programs takes the old one.
  if locked harness && [[ -x $harness ]] && [[ ! $("$harness" needs "$@") ]]; then
    say "using the harness as it was before $(holder harness)"
  else
    build_harness procmark procmark-images
    provide "$@"
  fi
  exec "$harness" "$@"
}

mkdir -p "$build"
harness=$build/harness/harness/procmark
export PROCMARK_BUILD=$build PROCMARK_PROJECT=$root PROCMARK_CALLED_AS=./run.sh
export PROCMARK_RESULTS=${PROCMARK_RESULTS:-$root/results}
trap 'say "interrupted"; exit 130' INT

case ${1:-} in
  test)
    install_packages "${packages[@]}" "${test_packages[@]}"
    run_tests "${@:2}"
    ;;
  install)
    [[ ${2:-} ]] || { say "install needs a folder, such as /usr/local"; exit 2; }
    install_packages "${packages[@]}"
    build_harness all
    provide list benchmarks
    for folder in "$build/harness" "$build/programs-$(dpkg --print-architecture)"; do
      logged 3 install cmake --install "$folder" --prefix "$2"
    done
    say "installed; $2/bin/procmark is the tool"
    ;;
  check)
    install_packages "${packages[@]}" "${check_packages[@]}"
    keep_locks=yes
    build_harness all
    build_programs amd64 all
    exec "$root/.ci/check"
    ;;
  *)
    install_packages "${packages[@]}"
    (($#)) || set -- run
    run_command "$@"
    ;;
esac
