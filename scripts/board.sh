# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts/bench: runs ima-bench on this machine. Uses only what a
# small system has: bash, awk, coreutils, findutils, grep, gzip, sed, tar.

usage_board() {
  cat <<HELP
Usage: scripts/bench board [OPTION]… [-- FLAG…]

Measures flushing on this machine, as root, and packs the results into one file,
ima-bench-DATE-ARCH.tar.gz. With 20,000 records and a TPM that takes 10 ms a
record: 2 hours; without a TPM: 10 minutes. Everything that stands in the way is
said at once, and then nothing is done.

  --dry-run        only look whether it could run
  --directory DIR  where the segments go (default /var/tmp)
  --files DIR      where the files that get measured are made (default: there
                   too; another filesystem gives better latencies)
  --output DIR     where the packed file goes (default .)
  --program FILE   an ima-bench that was built elsewhere, instead of building
                   it here with cmake (bench/README.md says what that needs)
  --records N      largest number of records (default 20000)
  --repetitions N  of each row (default 5)
  --no-tpm         go on where IMA extends no TPM
  FLAG…            for ima-bench; see bench/README.md

What would disturb a machine in production has to be allowed, one by one:

  --empty-the-list  the records in memory go into files in DIR/ima-bench-*, and
                    all segments are released, those of earlier flushes, too:
                    without these files nobody can verify this machine until it
                    boots again; rows of upstream's way take out records for
                    good
  --drop-caches     clean inodes and dentries are dropped, again and again
  --despite-agent   a program that attests this machine is running; it will see
                    a list that begins in the middle
  --despite-readers  processes have a list file open
  --suspend-limit   flush/max_records is set to 0 and set back afterwards;
                    a flush/directory stays set
  --despite-load    the machine is busy: the figures are not worth much

The packed file holds the JSON, tables (and charts with gnuplot), the kernel's
release and configuration, its parameters without values that could name the
machine, the processor's model, log lines of ima and tpm, and size and SHA-256
of the segments. It holds no host name, serial number or MAC address, and not
the segments: they name files of this machine. These stay where they are: a
verifier needs them.
HELP
}

reject_board() { fail "$1" "see scripts/bench board --help"; }

parse_board() {
  directory=/var/tmp files='' output=. program='' records=20000 repetitions=5
  flags=() allowed=() dry_run='' no_tpm=''
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help) usage_board && exit ;;
      --) shift && flags=("$@") && break ;;
      --dry-run) dry_run=yes && shift && continue ;;
      --no-tpm) no_tpm=yes && shift && continue ;;
      --empty-the-list | --drop-caches | --despite-agent | --despite-readers | \
        --suspend-limit | --despite-load)
        allowed+=("$1") && shift && continue
        ;;
      --directory | --files | --output | --program | --records | --repetitions)
        [[ $# -ge 2 ]] || reject_board "$1 needs a value"
        printf -v "${1#--}" '%s' "$2"
        ;;
      *) reject_board "unknown option $1" ;;
    esac
    shift 2
  done
  : "${files:=$directory}"
  [[ $records =~ ^[1-9][0-9]{0,6}$ && $repetitions =~ ^[1-9][0-9]{0,2}$ ]] ||
    reject_board "--records or --repetitions is no number, or too large"
}

# refuse WHAT WHAT_TO_DO: remembers why this machine cannot be measured.
refuse() {
  warn "$1: $2"
  refusals=$((refusals + 1))
}

# needs OPTION WHAT: the same, unless OPTION was given.
needs() {
  if [[ " ${allowed[*]} " == *" $1 "* ]]; then
    log "$2, as $1 allows"
  else
    refuse "$2" "if that may be, add $1"
  fi
}

# has_capability NUMBER: whether this process has it in effect.
has_capability() {
  local set
  set=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  ((0x$set >> $1 & 1))
}

# For others it is no use to look further.
check_user() {
  [[ $EUID -eq 0 ]] || fail "this is not root" "run it as root"
  has_capability 21 || refuse "there is no CAP_SYS_ADMIN" \
    "run it outside of the container or service that takes it away"
}

# Sets ima to IMA's folder if there is all that is needed.
check_kernel() {
  local securityfs
  ima=''
  securityfs=$(sed -nE 's/^[^ ]+ ([^ ]+) securityfs .*/\1/p' /proc/mounts |
    head -n 1)
  [[ -n $securityfs ]] || {
    refuse "securityfs is not mounted" \
      "mount -t securityfs securityfs /sys/kernel/security"
    return
  }
  if [[ ! -e $securityfs/integrity/ima/runtime_measurements_count ]]; then
    refuse "there is no IMA in $securityfs" \
      "the kernel needs CONFIG_IMA=y, and CONFIG_SECURITYFS=y"
  elif [[ ! -d $securityfs/integrity/ima/flush ]]; then
    refuse "there is no $securityfs/integrity/ima/flush" \
      "the kernel needs the series and CONFIG_IMA_FLUSH=y"
  else
    ima=$securityfs/integrity/ima
  fi
  [[ -w /proc/sys/vm/drop_caches ]] ||
    refuse "/proc/sys/vm/drop_caches is not there" \
      "the kernel needs CONFIG_SYSCTL=y; mount /proc for writing"
}

check_folders() {
  local folder
  for folder in "$directory" "$files" "$output"; do
    [[ -d $folder && -w $folder ]] ||
      refuse "$folder is not a folder that can be written to" \
        "see --directory, --files and --output"
  done
  [[ ! -e $packed ]] ||
    refuse "$packed is there already" "move it, or see --output"
}

# A record of 46 characters of path takes 150 bytes; ten rows go to the largest
# number, and the smaller numbers together are as much again.
check_space() {
  local needed free
  [[ -d $directory ]] || return 0
  needed=$((records * repetitions * 150 * 20 / 1024 + 65536))
  free=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
  [[ $free -ge $needed ]] ||
    refuse "$directory has $((free / 1024)) MB of room" \
      "$((needed / 1024)) MB are needed: see --directory, or fewer --records"
}

check_program() {
  if [[ -n $program ]]; then
    [[ -f $program && -x $program ]] ||
      refuse "$program is not a program" "see --program"
  else
    command -v cmake >/dev/null ||
      refuse "there is no cmake to build ima-bench" \
        "build it elsewhere and give it with --program"
  fi
}

# What PCR 10 is in all banks, read by the shell: a program could be measured.
read_pcr() {
  local bank
  for bank in /sys/class/tpm/tpm0/pcr-*/10; do
    [[ ! -r $bank ]] || echo "${bank%/10} $(<"$bank")"
  done
}

# Prints the type of the filesystem that the folder $1 is on.
filesystem_of() { stat -f -c %T "$1"; }

# Has PROBES new files measured, which is what the policy must do. Sets
# measured; and extended, if PCR 10 has changed by that.
probe_policy() {
  local folder i before pcr
  extended=no
  folder=$(mktemp -d "$files/ima-bench-probe-XXXXXX")
  for ((i = 0; i < PROBES; i++)); do
    echo "$i $RANDOM $SRANDOM" >"$folder/$i"
  done
  pcr=$(read_pcr)
  before=$(<"$ima/runtime_measurements_count")
  for ((i = 0; i < PROBES; i++)); do
    read -r _ <"$folder/$i"
  done
  measured=$(($(<"$ima/runtime_measurements_count") - before))
  [[ $pcr == "$(read_pcr)" ]] || extended=yes
  rm -r "$folder"
}

readonly PROBES=16

check_policy() {
  local measured=0
  [[ -n $ima && -d $files && -w $files ]] || return 0
  probe_policy
  [[ $measured -lt $PROBES ]] || return 0
  extended=unknown
  refuse "new files in $files ($(filesystem_of "$files")) are not measured" \
    "boot with ima_policy=tcb, or add 'measure func=FILE_CHECK\
 mask=MAY_READ uid=0' to the policy, and choose --files on a filesystem that\
 no 'dont_measure fsmagic=' line names: tcb leaves out tmpfs, for one"
}

check_tpm() {
  local banks
  [[ -z $no_tpm ]] || return 0
  [[ -e /dev/tpm0 ]] || {
    refuse "there is no /dev/tpm0" \
      "load its driver before IMA starts (build it in), or add --no-tpm"
    return
  }
  banks=$(read_pcr | sed -E 's|.*/pcr-([^ ]+) .*|\1|' | paste -sd' ')
  log "banks of the TPM: ${banks:-not in sysfs}"
  [[ -z $banks || $extended != no ]] ||
    refuse "IMA does not extend PCR 10 of the TPM" \
      "build its driver in: it must be there before IMA, or add --no-tpm"
}

# Prints the names of the processes in standard input, which may be gone.
name_processes() {
  local pid name
  while read -r pid; do
    { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
    echo "$name ($pid)"
  done | paste -sd,
}

# Prints the processes that look like attestation agents.
list_agents() {
  { grep -liE 'keylime|attest' /proc/[0-9]*/comm 2>/dev/null || true; } |
    cut -d/ -f3 | name_processes
}

# Prints the processes that have a list file open.
list_readers() {
  { find /proc/[0-9]*/fd -lname '*/integrity/ima/*_runtime_measurements*' \
    2>/dev/null || true; } | cut -d/ -f3 | sort -un | name_processes
}

# Whether upstream's staging is in use: somebody keeps its file for himself, or
# there is a record in it.
is_staged() {
  local list=$ima/ascii_runtime_measurements_staged
  [[ -e $list ]] || return 1
  { : <"$list"; } 2>/dev/null || return 0
  read -r _ <"$list"
}

check_users_of_list() {
  local agents readers limit folder
  [[ -n $ima ]] || return 0
  agents=$(list_agents) readers=$(list_readers)
  [[ -z $agents ]] || needs --despite-agent "this attests the machine: $agents"
  [[ -z $readers ]] ||
    needs --despite-readers "a list file is open in $readers"
  limit=$(<"$ima/flush/max_records") folder=$(<"$ima/flush/directory")
  [[ $limit == 0 && -z $folder ]] ||
    needs --suspend-limit "the kernel flushes by itself, to '$folder' at $limit"
  ! is_staged ||
    refuse "records are staged" \
      "let whoever staged them save them, then echo D into the _staged file"
}

check_consent() {
  needs --empty-the-list "all records will leave the measurement list"
  needs --drop-caches "caches of the kernel will be dropped"
}

# Half of the processors busy is too much.
check_load() {
  local load
  read -r load _ </proc/loadavg
  ((10#${load/./} <= $(nproc) * 50)) ||
    needs --despite-load "the load average is $load on $(nproc) processors"
}

# What makes figures vary, and cannot be told for sure.
give_hints() {
  local file
  for file in /sys/class/power_supply/*/status; do
    [[ ! -r $file || $(<"$file") != Discharging ]] ||
      warn "hint: this machine runs on a battery"
  done
  file=/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
  [[ ! -r $file || $(<"$file") == performance ]] ||
    warn "hint: the frequency governor is $(<"$file"), not performance"
  for file in /sys/class/thermal/thermal_zone*/temp; do
    [[ ! -r $file || $(<"$file") -lt 85000 ]] ||
      warn "hint: a sensor shows $(($(<"$file") / 1000)) °C: it may throttle"
  done 2>/dev/null
}

check_machine() {
  local extended=unknown refusals=0
  check_user
  check_kernel
  check_folders
  check_space
  check_program
  check_users_of_list
  check_policy
  check_tpm
  check_load
  check_consent
  give_hints
  case $refusals in
    0) return ;;
    1) fail "1 thing stands in the way" "see above; nothing was changed" ;;
  esac
  fail "$refusals things stand in the way" "see above; nothing was changed"
}

# Sets program and, if there is one, report.
find_programs() {
  local build
  if [[ -z $program ]]; then
    build=$(cache_dir)/cmake/board
    log "building ima-bench in $build"
    cmake -S "$(repo_dir)/bench" -B "$build" >&2
    cmake --build "$build" --target ima-bench ima-bench-report >&2
    program=$build/ima-bench
  fi
  report=$(dirname "$program")/ima-bench-report
  [[ -x $report ]] || report=''
}

# shellcheck disable=SC2317 # a trap runs it
clean_board() {
  [[ $limit == 0 ]] || echo "$limit" >"$ima/flush/max_records"
  rm -rf "$work"
}

# Keeps the status: what a row could not measure is said in the JSON, too.
run_program() {
  "$program" --directory "$directory" --files "$files" \
    --max_records="$records" --benchmark_repetitions="$repetitions" \
    --series "$(describe_series)" \
    --benchmark_out="$results/result.json" "${flags[@]}" || status=$?
  [[ -s $results/result.json ]] ||
    fail "ima-bench ended with status $status and without a result"
  sed -i '/"host_name":/d' "$results/result.json"
}

make_report() {
  if [[ -z $report ]]; then
    log "there is no ima-bench-report beside ima-bench: no tables and charts"
  elif ! "$report" "$results/result.json" --output "$results/report"; then
    warn "there are no charts; is gnuplot installed?"
  fi
}

# Settings that are text could name the machine or whoever built the kernel.
describe_kernel() {
  local file
  uname -srvm
  for file in /proc/config.gz "/boot/config-$(uname -r)" \
    "/lib/modules/$(uname -r)/config"; do
    [[ -r $file ]] || continue
    gzip -cdf "$file" | grep '^CONFIG_' |
      grep -vE '="' >"$results/kernel-config"
    gzip -cdf "$file" | grep -E '^CONFIG_(IMA|CC_VERSION_TEXT).*="' \
      >>"$results/kernel-config" || true
    break
  done
}

# Parameters with their values only where these cannot name anything.
describe_parameters() {
  local word
  for word in $(</proc/cmdline); do
    case $word in
      ima_* | lsm=* | tpm* | security=* | mitigations=* | isolcpus=* | \
        nohz* | rcu* | preempt=* | slab_* | slub_* | init_on_* | idle=* | \
        maxcpus=* | mem=*) echo "$word" ;;
      *=*) echo "${word%%=*}=..." ;;
      *) echo "$word" ;;
    esac
  done
}

# A board's /proc/cpuinfo ends with its serial number.
describe_processor() {
  local key='vendor_id|cpu family|model|model name|stepping|microcode|isa|uarch'
  key+='|cpu MHz|cache size|bogomips|BogoMIPS'
  key+='|CPU (implementer|architecture|variant|part|revision)'
  echo "processors: $(nproc)"
  sed '/^$/q' /proc/cpuinfo | grep -E "^($key)[[:space:]]*:" || true
}

# Lines of the kernel log, without what could be an address.
describe_log() {
  dmesg | grep -E '\bima: |\btpm' | grep -viE 'audit|command line' |
    sed -E 's/([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}/MAC/g' || true
}

# describe_segments FOLDER
describe_segments() {
  (cd "$1" && stat -c '%s bytes  %n' log.* && sha256sum log.*)
}

# Whatever the host's name is in, it is taken out.
hide_name() {
  local name
  name=$(uname -n)
  [[ ${#name} -lt 4 ]] || sed -i "s/${name//[^A-Za-z0-9]/.}/HOST/g" \
    "$results"/{kernel*,log,parameters}
}

pack_results() {
  local segments=$1
  describe_kernel >"$results/kernel"
  describe_parameters >"$results/parameters"
  describe_processor >"$results/processor"
  describe_log >"$results/log"
  describe_segments "$segments" >"$results/segments"
  hide_name
  tar --create --gzip --numeric-owner --owner=0 --group=0 \
    --file="$packed" --directory="$work" "$(basename "$results")"
}

# Sets limit to the one that the kernel had.
suspend_limit() {
  limit=$(<"$ima/flush/max_records")
  [[ $limit == 0 ]] || echo 0 >"$ima/flush/max_records"
}

measure_machine() {
  local report='' status=0 results segments
  # Not local: a trap reads them.
  work=$(mktemp -d) limit=0
  trap clean_board EXIT
  results=$work/$(basename "$packed" .tar.gz)
  mkdir "$results"
  find_programs
  suspend_limit
  run_program
  segments=$(find "$directory" -maxdepth 1 -type d -newer "$work" \
    -name 'ima-bench-??????')
  make_report
  pack_results "$segments"
  log "results are in $packed"
  log "keep $segments until the next boot: a verifier needs these records"
  [[ $status -eq 0 ]] ||
    fail "rows without a figure: ima-bench ended with status $status" \
      "see above; the results that there are were packed"
}

run_board() {
  local packed
  parse_board "$@"
  packed=$output/ima-bench-$(date +%F)-$(uname -m).tar.gz
  check_machine
  log "nothing stands in the way"
  [[ -z $dry_run ]] || return 0
  measure_machine
}
