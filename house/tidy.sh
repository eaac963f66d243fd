#!/usr/bin/env bash
# clang-tidy over what a build folder compiles of ours, tests excepted (they are run instead).
#   tidy.sh ROOT BUILD
# A file that was clean is not looked at again until it, a header of ours or the checks change.
set -euo pipefail
root=$1
build=$2
clean=${PROCMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/procmark}/tidy
mkdir -p "$clean"
cd "$root"

# What every file's verdict depends on, and then each file's own part of it.
common=$( (cat .clang-tidy; find bench conformance harness images house e2e -name '*.h' |
  LC_ALL=C sort | xargs cat; clang-tidy-19 --version) | sha256sum | cut -c1-32)
key_of() { printf '%s-%s' "$common" "$(sha256sum <"$1" | cut -c1-32)"; }

mapfile -t ours < <(grep -oE '"file": "[^"]+"' "$build/compile_commands.json" | cut -d'"' -f4 |
  grep -E "^$root/(bench|conformance|harness|images|house|e2e)/.*\.cc$" | grep -v '_test\.cc$' |
  sort -u)
((${#ours[@]})) || { echo "no file of ours is in $build/compile_commands.json"; exit 1; }
todo=()
for file in "${ours[@]}"; do
  [[ -e $clean/$(key_of "$file") ]] || todo+=("$file")
done

look() {  # FILE: its findings, or a note that it is clean
  # Flags that only the other compiler knows, and the library's own deprecations, are no finding.
  if clang-tidy-19 --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Wno-deprecated-declarations -p "$build" "$1" 2>/dev/null; then
    : >"$clean/$(key_of "$1")"
  else
    return 1
  fi
}
export -f look key_of
export build clean common
if ((${#todo[@]})) && ! printf '%s\0' "${todo[@]}" |
  xargs -0 -n 1 -P "$(nproc)" bash -c 'look "$1"' look >"$build/tidy.log"; then
  grep -E ' (error|warning): ' "$build/tidy.log" | sort -u
  exit 1
fi
echo "${#ours[@]} files are clean; ${#todo[@]} of them were looked at now"
