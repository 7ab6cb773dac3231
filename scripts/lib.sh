# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by all scripts: messages, folders, locks.

# Without this, a function in $( ) would run on after a command that failed.
shopt -s inherit_errexit

# log TEXT…: says what is being done.
log() { echo "[+] $*" >&2; }

# warn TEXT…: says what is not as it should be.
warn() { echo "[-] $*" >&2; }

# fail WHAT [WHAT_TO_DO]: ends the script.
fail() {
  warn "failed: $1${2:+: $2}"
  exit 1
}

# The folder of this repository.
repo_dir() { dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"; }

# The one folder outside the repository for all that is fetched and built.
# IMA_FLUSH_CACHE moves it.
cache_dir() {
  echo "${IMA_FLUSH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ima-flush}"
}

# require_cmd COMMAND GROUP: fails if COMMAND is missing; scripts/setup GROUP
# installs it.
require_cmd() {
  command -v "$1" >/dev/null ||
    fail "there is no $1" "run 'scripts/setup $2'"
}

# with_lock NAME COMMAND…: runs COMMAND while no other script holds the lock.
with_lock() {
  local name=$1
  shift
  mkdir -p "$(cache_dir)"
  (
    flock 9
    # What outlives the command must not go on holding the lock.
    "$@" 9>&-
  ) 9>"$(cache_dir)/$name.lock"
}

# make_temp_dir VARIABLE: sets it to a new folder that is gone when the script
# ends. Once for each script.
make_temp_dir() {
  local -n temp_dir_path=$1
  temp_dir_path=$(mktemp -d)
  # shellcheck disable=SC2064 # the path is fixed now
  trap "rm -rf '$temp_dir_path'" EXIT
}

# Prints the field FIELD (package, version, sha256, suite, release) of base
# BASE, from patches/bases.conf.
base_field() {
  local base=$1 field=$2 name package version sha256 suite release
  # shellcheck disable=SC2034 # one of them is printed, by its name
  while IFS='|' read -r name package version sha256 suite release; do
    [[ $name == "$base" ]] || continue
    printf '%s\n' "${!field}"
    return
  done < <(sed '/^#/d; s/ *| */|/g' "$(repo_dir)/patches/bases.conf")
  fail "there is no base $base" \
    "patches/bases.conf has: $(sed '/^#/d; s/ *|.*//' \
      "$(repo_dir)/patches/bases.conf" | paste -sd' ')"
}
