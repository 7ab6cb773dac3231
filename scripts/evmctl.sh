# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by test groups that have a folder $temp: a second opinion about lists.

# evmctl_agrees LIST PCRS RECORDS: evmctl, which is not ours, finds PCR 10 at
# the last of so many records, in the banks sha1 and sha256 of the file PCRS. It
# stops at the first match, so the number is what counts; and it is asked for
# one bank after the other, since of several only the last decides.
# shellcheck disable=SC2154 # whoever sources this has set temp
evmctl_agrees() {
  local list=$1 pcrs=$2 records=$3 bank
  local -A digits=([sha1]=40 [sha256]=64)
  [[ $records -gt 0 ]]
  for bank in sha1 sha256; do
    awk -v digits="${digits[$bank]}" 'length($2) == digits' "$pcrs" \
      >"$temp/pcrs.$bank"
    [[ $(wc -l <"$temp/pcrs.$bank") -eq 24 ]]
    evmctl ima_measurement -v --ignore-violations \
      --pcrs "$bank,$temp/pcrs.$bank" "$list" >"$temp/evmctl" 2>&1
    tail -n 5 "$temp/evmctl"
    grep -q "PCR-10: succeed at entry $records\$" "$temp/evmctl"
  done
}
