#!/usr/bin/env bash
# Fails, naming the files, when clang-format would change one. Version 14, as the style was made with.
set -euo pipefail
cd "$1"
find bench conformance harness images lint e2e -name '*.h' -o -name '*.cc' -o -name '*.c' | sort |
  xargs clang-format-14 --dry-run --Werror
