#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs clang-tidy on the project's files that a build folder compiles, except the tests.
#   tidy.sh ROOT BUILD
# A unit is one compilation: a file, or the several files of a CMake unity build. Units are checked
# whole, because clang-tidy spends most of its time on the headers. A unit that was clean is skipped
# until one of its files, a header of the project, the checks or clang-tidy itself changes.
set -euo pipefail
root=$1
build=$2
clean=${PROCMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/procmark}/tidy
commands=$build/tidy
mkdir -p "$clean" "$commands"
cd "$root"

# The compile commands without duplicates (several programs may compile a file) and without
# precompiled headers (they may be another compiler's).
sed -E 's/ -Winvalid-pch//; s/ (-Xclang )?-include(-pch)? (-Xclang )?[^ ]*cmake_pch[^ ]*//g' \
  "$build/compile_commands.json" |
  awk '/^{/ { entry = ""; next }
       /^}/ { if (!seen[file]++) { printf "%s{%s}", comma, entry; comma = ",\n" } next }
       { if (/^  "file":/) file = $0; entry = entry $0 }
       BEGIN { print "[" } END { print "\n]" }' >"$commands/compile_commands.json"

# files_of UNIT: the project's files that it compiles.
files_of() {
  if [[ $1 == */Unity/* ]]; then
    sed -nE 's/^#include "(.*)"$/\1/p' "$1"
  else
    printf '%s\n' "$1"
  fi
}

# key_of UNIT: a hash of everything that the verdict on it depends on. `common` is the part that all
# units share.
common=$( (cat .clang-tidy; find bench conformance harness images lint e2e -name '*.h' |
  LC_ALL=C sort | xargs cat; clang-tidy-19 --version) | sha256sum | cut -c1-32)
key_of() { printf '%s-%s' "$common" "$(files_of "$1" | xargs cat | sha256sum | cut -c1-32)"; }

mapfile -t units < <(grep -oE '"file": "[^"]+"' "$commands/compile_commands.json" | cut -d'"' -f4 |
  grep -E "^$root/(bench|conformance|harness|images|lint|e2e)/.*\.cc$|/Unity/unity_[0-9]+_cxx" |
  sort -u)
todo=()
seen=0
for unit in ${units[@]+"${units[@]}"}; do
  files=$(files_of "$unit")
  [[ $files == "$root/"[bcehil]* && $files != *_test.cc* ]] || continue
  seen=$((seen + $(wc -l <<<"$files")))
  [[ -e $clean/$(key_of "$unit") ]] || todo+=("$unit")
done
((seen)) || { echo "$build/compile_commands.json has no file of the project"; exit 1; }

# look UNIT: prints its findings, or records that it is clean.
look() {
  # The compile commands hold flags of g++ that clang does not know, and g++ 12's library uses what
  # it deprecates: neither is a finding.
  if clang-tidy-19 --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Wno-deprecated-declarations -p "$commands" "$1" 2>/dev/null; then
    : >"$clean/$(key_of "$1")"
  else
    return 1
  fi
}
export -f look key_of files_of
export commands clean common
if ((${#todo[@]})) && ! printf '%s\0' "${todo[@]}" |
  xargs -0 -n 1 -P "$(nproc)" bash -c 'look "$1"' look >"$commands/findings"; then
  grep -E ' (error|warning): ' "$commands/findings" | sort -u
  exit 1
fi
echo "$seen files are clean; ${#todo[@]} of ${#units[@]} units were checked now"
