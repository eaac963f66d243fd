# SPDX-License-Identifier: MIT
# How run.sh builds, sourced by it: one folder build/PRESET for each preset of CMakePresets.json, each
# with a lock, so that two commands never build in one folder at the same time.
# Its user defines say, and three variables: the project's folder, that of the builds, and the command
# as the user typed it.
# shellcheck shell=bash
: "${root:?}" "${build:?}" "${asked:?}"

declare -A locks=()  # preset -> the descriptor that holds its lock

# lock PRESET PURPOSE: waits until no other run.sh holds the lock, and says for which it waits. The
# lock file holds the process, the command and the purpose of its holder.
lock() {
  local file=$build/.lock-$1 descriptor
  [[ -z ${locks[$1]:-} ]] || { printf '%s\t%s\t%s\n' $$ "$asked" "$2" >"$file"; return; }
  exec {descriptor}>>"$file"
  if ! flock --nonblock "$descriptor"; then
    say "waiting for $(holder "$1")"
    flock "$descriptor"
  fi
  printf '%s\t%s\t%s\n' $$ "$asked" "$2" >"$file"
  locks[$1]=$descriptor
}

# locked PRESET: whether another run.sh holds the lock.
locked() {
  [[ -e $build/.lock-$1 ]] && ! flock --nonblock --shared "$build/.lock-$1" true
}

# holder PRESET: who holds the lock, and what for.
holder() {
  local process='' command='' purpose=''
  IFS=$'\t' read -r process command purpose <"$build/.lock-$1" || true
  if [[ $purpose ]]; then
    printf '%s (process %s), which %s' "$command" "$process" "$purpose"
  else
    printf 'another run.sh'
  fi
}

# unlock PRESET, unless the locks are to be kept.
unlock() {
  local descriptor=${locks[$1]}
  [[ -z ${keep_locks:-} ]] || return 0
  exec {descriptor}>&-
  unset "locks[$1]"
}

# cached PRESET NAME: the value of an entry in the preset's CMakeCache.txt; "" when it has none.
cached() {
  sed -n "s/^$2:[A-Z]*=//p" "$build/$1/CMakeCache.txt" 2>/dev/null
}

# remove_if_foreign PRESET: removes a build folder that was made for other sources or was moved. Its
# rules name the old places, so ninja would build the old sources.
remove_if_foreign() {
  local folder=$build/$1 sources place
  [[ -e $folder/CMakeCache.txt ]] || return 0
  sources=$(cached "$1" CMAKE_HOME_DIRECTORY)
  place=$(cached "$1" CMAKE_CACHEFILE_DIR)
  [[ $sources -ef $root && $place -ef $folder ]] && return
  say "$folder was made as $place for the sources in $sources; building it again"
  rm -rf "$folder"
}

# configure PRESET [OPTION…]: CMake itself notices later changes, except those of the presets.
configure() {
  local preset=$1 folder=$build/$1
  shift
  if [[ ! -f $folder/build.ninja || $root/CMakePresets.json -nt $folder/.configured ]]; then
    mkdir -p "$folder"
    : >"$folder/.configuring"
    [[ -e $folder/.ninja_deps ]] || : >"$folder/.checked"
    # The folder programs-ARCH has the preset `programs`, which reads PROCMARK_ARCH.
    PROCMARK_ARCH=${preset#programs-} logged 2 "configure-$preset" \
      cmake -S "$root" --preset "${preset%%-*}" "$@"
    mv "$folder/.configuring" "$folder/.configured"
  fi
}

# remove_outdated PRESET: removes what was compiled with a header that was replaced since. An upgraded
# package's headers have the modification time of the package, which may be older than our objects,
# so ninja does not see the change. Their inode's change time is that of the upgrade.
remove_outdated() {
  local folder=$build/$1 headers=$build/$1/.headers checked=$build/$1/.checked changed objects
  [[ -e $folder/.ninja_deps ]] || return 0
  : >"$folder/.checking"
  if [[ ! -e $headers || $folder/.ninja_deps -nt $headers ]]; then
    ninja -C "$folder" -t deps | awk -v root="$root/" '
      /^    \// && index($0, "    " root) != 1 { print substr($0, 5) }' | sort -u >"$headers"
  fi
  if [[ -e $checked ]]; then
    # shellcheck disable=SC2016  # for the inner shell
    changed=$(xargs -r -d '\n' sh -c 'find "$@" -maxdepth 0 -newercm "$0" 2>/dev/null' "$checked" \
      <"$headers") || true
    if [[ $changed ]]; then
      mapfile -t objects < <(ninja -C "$folder" -t deps | awk '
        NR == FNR { changed[$0] = 1; next }
        /^[^ ]/ { object = $0; sub(/: #deps .*/, "", object) }
        /^    / { if (substr($0, 5) in changed) stale[object] = 1 }
        END { for (object in stale) print object }' <(printf '%s\n' "$changed") -)
      say "$(wc -l <<<"$changed") headers outside the project were replaced;" \
        "compiling the ${#objects[@]} files again that include them"
      (cd "$folder" && rm -f "${objects[@]}")
    fi
  fi
  mv "$folder/.checking" "$checked"
}

# compile PRESET [TARGET…]: shows a compiler's error and exits with 2, for the user to correct; a full
# disk or a killed compiler is exit 3.
compile() {
  local preset=$1 log=$build/build-$1.log
  shift
  remove_outdated "$preset"
  ninja -C "$build/$preset" "$@" >"$log" 2>&1 </dev/null && return
  if grep -q '^FAILED: ' "$log" &&
    ! grep -qE 'No space left|Killed|signal 9|internal compiler error' "$log"; then
    # What follows FAILED: is the command; then come the messages, until the next step's line.
    awk '/^FAILED: / { show = 2; next } /^\[[0-9]+\/|^ninja: / { show = 0 }
         show == 1 { print } show == 2 { show = 1 }' "$log" | head -n 60 >&2
    say "the sources do not compile: mend the error above (all of the output is in $log)"
    exit 2
  fi
  tail -n 30 "$log" >&2
  say "the build in $build/$preset failed (all of the output is in $log)"
  exit 3
}

# logged CODE NAME COMMAND…: runs the command with its output in build/NAME.log. When it fails, shows
# the end of the log and exits with CODE.
logged() {
  local code=$1 log=$build/$2.log
  shift 2
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    say "this command failed: $* (all of its output is in $log)"
    exit "$code"
  fi
}
