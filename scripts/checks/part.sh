# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the checks that build parts of the series.

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/check.sh"

# count_patches HEADING: prints how many patches of the series are under the
# headings that begin so; '' stands for all.
count_patches() {
  awk -v heading="# $1" '
    /^#/ { inside = index($0, heading) == 1; next }
    /\.patch$/ && inside { n++ }
    END { print n + 0; exit !n }' "$(repo_dir)/patches/series" ||
    fail "patches/series has no patches under \"$1\""
}

# build_part N SETTINGS [ARGUMENT…]: builds security/integrity/ima of the first
# N patches and prints the path of the build folder. SETTINGS are like
# IMA_FLUSH=n,KUNIT=y; ARGUMENTs are for 'scripts/kernel dir'.
build_part() {
  local number=$1 settings=$2 fragment status=0
  shift 2
  fragment=$(mktemp --suffix .config)
  tr , '\n' <<<"$settings" |
    sed -E 's/(.*)=n$/# CONFIG_\1 is not set/; t; s/^/CONFIG_/' >"$fragment"
  quietly nice -n 5 "$scripts/kernel" dir mainline --patches "$number" \
    --config "$fragment" "$@" || status=$?
  rm -f "$fragment"
  return "$status"
}
