# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the checks.

scripts=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
. "$scripts/lib.sh"

# start_check ARGUMENT…: for checks that take no argument. Shows the usage if
# asked to, and goes to the top of the repository.
start_check() {
  case ${1:-} in
    -h | --help) usage && exit ;;
    '') cd "$(repo_dir)" || exit ;;
    *) fail "unknown argument $1" "see $0 --help" ;;
  esac
}

# quietly COMMAND…: runs COMMAND without what it says of its progress.
quietly() { "$@" 2> >(grep -v '^\[+\]' >&2); }

# list_text [PATHSPEC…]: prints the names of the text files that git tracks,
# each with a NUL behind. Empty files are left out.
list_text() { git grep -Ilz '' -- "$@"; }

# Prints the paths of the files that the patch FILE brings.
list_new() {
  awk '/^--- / { new = $2 == "/dev/null" }
       /^\+\+\+ b\// && new { print substr($2, 3) }' "$1"
}
