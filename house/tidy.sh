#!/usr/bin/env bash
# clang-tidy over what a build folder compiles of ours, tests excepted (they are run instead).
#   tidy.sh ROOT BUILD
set -euo pipefail
root=$1
build=$2
# A file that several targets compile is looked at once.
mapfile -t files < <(grep -oE '"file": "[^"]+"' "$build/compile_commands.json" | cut -d'"' -f4 |
  grep -E "^$root/(bench|conformance|harness|images|house|e2e)/.*\.cc$" | grep -v '_test\.cc$' |
  sort -u)
((${#files[@]})) || { echo "no file of ours is in $build/compile_commands.json"; exit 1; }
# Flags that only the other compiler knows are no finding.
if ! printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 --quiet \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations -p "$build" >"$build/tidy.log" 2>/dev/null; then
  grep -E ' (error|warning): ' "$build/tidy.log" | sort -u
  exit 1
fi
echo "${#files[@]} files are clean"
