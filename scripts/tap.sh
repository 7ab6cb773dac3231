# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by test groups: runs checks and reports them as TAP.

test_count=0

# check NAME COMMAND…: one test, ok if COMMAND succeeds. COMMAND may be a
# function, in which errexit holds; what it prints is shown if it fails.
check() {
  local name=$1 output status
  shift
  test_count=$((test_count + 1))
  # A condition ("if", "||") would switch errexit off inside COMMAND.
  set +e
  output=$(set -e; "$@" 2>&1)
  status=$?
  set -e
  if [[ $status -eq 0 ]]; then
    echo "ok $test_count - $name"
  else
    printf '# %s\n' "${output//$'\n'/$'\n'# }"
    echo "not ok $test_count - $name"
  fi
}

# expect_status N COMMAND…: succeeds if COMMAND ends with status N.
expect_status() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  [[ $status -eq $wanted ]] || {
    echo "status $status instead of $wanted: $*"
    return 1
  }
}

# include NAME COMMAND…: the tests in the TAP that COMMAND prints, as tests of
# this group. That it keeps its plan and ends as its results say is one more.
include() {
  local name=$1 tap status=0
  shift
  tap=$(mktemp)
  "$@" >"$tap" || status=$?
  awk -v name="$name" -v number="$test_count" '
    /^(not )?ok / { verdict = /^not / ? "not ok" : "ok"
                    sub(/^(not )?ok [0-9]+ (- )?/, "")
                    print verdict, ++number, "- " name ": " $0
                    ran++; next }
    /^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; next }
    { print }
    END { exit ran == 0 || ran != planned }' "$tap" || status=1
  test_count=$((test_count + $(grep -cE '^(not )?ok ' "$tap" || true)))
  ! grep -q '^not ok ' "$tap" || status=0
  rm "$tap"
  check "$name: ends as planned" [ "$status" -eq 0 ]
}

# Prints the plan. A group that ends before this has none and counts as failed.
finish() {
  echo "1..$test_count"
}
