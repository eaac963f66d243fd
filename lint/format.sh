#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails and names the files when clang-format would change one. The project's style is that of
# version 14; other versions format differently.
#   format.sh ROOT
set -euo pipefail
cd "$1"
find bench conformance harness images lint e2e -name '*.h' -o -name '*.cc' -o -name '*.c' | sort |
  xargs clang-format-14 --dry-run --Werror
