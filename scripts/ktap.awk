# SPDX-License-Identifier: MIT
# Makes TAP of the KTAP in a kernel log: one result for each test that has no
# parts, with what was printed during it if it failed. Whatever is out of place
# is one more failure, for the kernel may have died or left out tests. The plan
# is left to the caller.

function report(verdict, name) {
  if (verdict == "not ok") printf "%s", printed
  printed = ""
  print verdict, ++results, "-", name
}
function complain(text) { report("not ok", "KTAP: " text) }
function check_parts(level, name) {
  if (level in plan && plan[level] != seen[level] + 0)
    complain(name " has " seen[level] + 0 " of " plan[level] " results")
  if (level in total && total[level] != seen[level] + 0)
    complain(name " counts " total[level] ", not " seen[level] + 0)
  if (!seen[level]) complain(name " has no result")
  failed = bad[level]
  delete plan[level]; delete total[level]; delete seen[level]
  delete bad[level]; delete title[level]
}
/^KTAP version / { started = 1 }
!started { next }
{ match($0, /^ */); level = RLENGTH / 4; text = substr($0, RLENGTH + 1) }
text ~ /^# Subtest: / { title[level] = substr(text, 12) }
text ~ /^1\.\.[0-9]+$/ { plan[level] = substr(text, 4) + 0 }
text ~ /^# [^ :]+: pass:[0-9]+ .* total:[0-9]+$/ && text !~ /^# Totals:/ {
  sub(/.* total:/, "", text); total[level + 1] = text + 0
}
text !~ /^(not )?ok [0-9]+ / { printed = printed "# " $0 "\n"; next }
{
  verdict = text ~ /^not / ? "not ok" : "ok"
  sub(/^(not )?ok /, "", text)
  number = text + 0
  sub(/^[0-9]+ (- )?/, "", text)
  name = ""
  for (i = 1; i <= level; i++) name = name title[i] ": "
  name = name text
  if (number != ++seen[level]) complain(name " has the number " number)
  if (verdict == "not ok") bad[level] = 1
  if ((level + 1) in title) {
    check_parts(level + 1, name)
    # Its parts tell why, unless they are all well.
    if (verdict == "not ok" && !failed) report(verdict, name)
  } else if (level == 0) {
    complain(name " has no test")
  } else {
    report(verdict, name)
  }
}
END {
  if (!(0 in plan)) complain("there is no plan")
  for (level = 1; level in title; level++)
    complain(title[level] " did not end")
  check_parts(0, "the kernel")
}
