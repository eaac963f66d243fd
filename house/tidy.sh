#!/usr/bin/env bash
# clang-tidy over every file of a build folder's compile_commands.json that is ours.
#   tidy.sh ROOT BUILD
set -euo pipefail
cd "$1"
run-clang-tidy-14 -quiet -p "$2" "^$1/(bench|conformance|harness|images|house|e2e)/.*\.cc$" \
  >"$2/tidy.log" 2>&1 || { grep -E 'error:|warning:' "$2/tidy.log" | sort -u; exit 1; }
