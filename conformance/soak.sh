#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every test many times on a busy machine, and prints each test that did not always get the
# same verdict.
#
#   conformance/soak.sh PROGRAM FOLDER [REPETITIONS [COPIES [BUSY [CHURN_MIB [FILTER]]]]]
#   conformance/soak.sh --sum FOLDER
#
# PROGRAM is procmark-conformance. FOLDER receives its records (wire.N) and the text of every test
# that did not pass (text.N). COPIES runners (100) share the REPETITIONS (1000); each runs two
# tests at a time. Meanwhile BUSY processes (one per CPU) use the CPUs, and another one fills and
# frees CHURN_MIB (1024) of memory again and again. FILTER selects tests, like --gtest_filter.
# Exit code: 0 no flake, 1 a flake, 2 wrong command line. When interrupted it prints the sum so
# far.
set -euo pipefail

usage() {
  sed -n '2,/^set/{/^# /s/^# //p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# Prints the verdicts of each test that did not always pass or always skip. A test is a flake when
# it sometimes failed, timed out or crashed. A test that is sometimes skipped is not a flake,
# because it gives the reason. A test that always fails is not a flake, because the kernel may be wrong
# (expectations.toml).
sum() {
  cat "$1"/wire.* 2>/dev/null | awk '
    /"type":"test",|"type":"test"}/ {
      test = $0; sub(/.*"test":"/, "", test); sub(/".*/, "", test)
      verdict = $0; sub(/.*"verdict":"/, "", verdict); sub(/".*/, "", verdict)
      if (!((test, verdict) in count)) verdicts[test] = verdicts[test] " " verdict
      ++count[test, verdict]; ++total[test]; ++runs
    }
    END {
      for (test in total) {
        if (least == "" || total[test] < least) least = total[test]
        ++tests
        n = split(verdicts[test], words, " ")
        if (n < 2 && words[1] !~ /fail|timeout|crash/) continue
        line = test ":"
        for (i = 1; i <= n; ++i) line = line " " count[test, words[i]] " " words[i]
        flaky = n > 1 && verdicts[test] ~ /fail|timeout|crash/
        print (flaky ? "flake: " : n > 1 ? "sometimes: " : "always: ") line
        flakes += flaky
      }
      printf "%d tests, each at least %d times, %d in all: %d flakes\n", tests, least, runs, flakes
      exit flakes > 0
    }'
}

[[ ${1:-} == --sum && -d ${2:-} ]] && { sum "$2"; exit; }
(($# >= 2)) || usage
program=$(realpath "$1")
folder=$2
repetitions=${3:-1000}
copies=${4:-100}
busy=${5:-$(nproc)}
churn_mib=${6:-1024}
filter=${7:-}
[[ -x $program ]] || { echo "soak: '$program' is not a program" >&2; exit 2; }
mkdir -p "$folder"

pids=()
helpers=()
# Ends the processes that this script started, and prints the sum.
finish() {
  trap - INT TERM EXIT
  ((${#helpers[@]} == 0)) || kill "${helpers[@]}" 2>/dev/null || true
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true  # most have ended
  wait 2>/dev/null
  sum "$folder"
}
trap 'finish && exit 0 || exit 1' INT TERM
trap finish EXIT

for ((i = 0; i < busy; ++i)); do
  (while :; do :; done) &
  helpers+=($!)
done
if ((churn_mib > 0)); then
  # tail keeps its whole input in memory until the end.
  (while :; do head -c "${churn_mib}M" /dev/zero | tail -c "${churn_mib}M" >/dev/null; done) &
  helpers+=($!)
fi
each=$(((repetitions + copies - 1) / copies))
for ((i = 0; i < copies; ++i)); do
  "$program" ${filter:+--gtest_filter="$filter"} --gtest_repeat="$each" --procmark_jobs=2 \
    --procmark_deadline_ms=120000 --procmark_wire_fd=3 \
    3>>"$folder/wire.$i" > >(grep -v -E '^\[( +OK| RUN|  PASSED|=+)' >>"$folder/text.$i") 2>&1 &
  pids+=($!)
done
wait "${pids[@]}" || true
finish
