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

# Prints the plan. A group that ends before this has none and counts as failed.
finish() {
  echo "1..$test_count"
}
