#!/usr/bin/env bash
# clang-tidy over what a build folder compiles of ours, tests excepted (they are run instead).
#   tidy.sh ROOT BUILD
# Where the folder compiles several files as one (CMake's unity builds), they are looked at as one:
# most of the time goes to the headers. What was clean is not looked at again until a file of it, a
# header of ours or the checks change.
set -euo pipefail
root=$1
build=$2
clean=${PROCMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/procmark}/tidy
commands=$build/tidy
mkdir -p "$clean" "$commands"
cd "$root"

# A file once, though several programs hold it, and without precompiled headers: the other
# compiler's mean nothing here.
sed -E 's/ -Winvalid-pch//; s/ (-Xclang )?-include(-pch)? (-Xclang )?[^ ]*cmake_pch[^ ]*//g' \
  "$build/compile_commands.json" |
  awk '/^{/ { entry = ""; next }
       /^}/ { if (!seen[file]++) { printf "%s{%s}", comma, entry; comma = ",\n" } next }
       { if (/^  "file":/) file = $0; entry = entry $0 }
       BEGIN { print "[" } END { print "\n]" }' >"$commands/compile_commands.json"

# files_of UNIT: the files of ours that it compiles.
files_of() {
  if [[ $1 == */Unity/* ]]; then
    sed -nE 's/^#include "(.*)"$/\1/p' "$1"
  else
    printf '%s\n' "$1"
  fi
}

# What every unit's verdict depends on, and then each unit's own part of it.
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
((seen)) || { echo "no file of ours is in $build/compile_commands.json"; exit 1; }

look() {  # UNIT: its findings, or a note that it is clean
  # Flags that only the other compiler knows, and the library's own deprecations, are no finding.
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
echo "$seen files are clean; ${#todo[@]} of the ${#units[@]} units were looked at now"
