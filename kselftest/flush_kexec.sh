#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Executes another kernel, after files were measured and some flushed, so that
# in the next kernel a quote of the TPM can be verified over the flushed files
# and the measurement list. Ends in that kernel: whatever started this has to go
# on there.
set -euo pipefail

readonly IMA=/sys/kernel/security/integrity/ima
readonly DISK=/root/disk SECTORS=32768

usage() {
	cat <<HELP
Usage: flush_kexec.sh [NAME=VALUE]... KERNEL [ARGUMENT]...

ARGUMENTs go to "kexec --load": --initrd=FILE, for example. Needs root,
kexec-tools, ima_policy=tcb, and /root on a filesystem that this measures, not
tmpfs; for trouble with a disk also losetup, dmsetup, mkfs.ext4 and
CONFIG_DM_DELAY. That disk is the file $DISK.

  directory=DIR                  of the flushed files (/var/log/ima)
  mode=carry|flush               for flush/kexec (carry)
  load=file|segments             kexec_file_load(2) or kexec_load(2) (file)
  flush=none|before|between|running|committing
                                 flush before loading, between that and
                                 executing, or execute while a flush writes its
                                 file, or while it makes the name of that
                                 durable, which take as long as delay has it
                                 (none)
  again=none|file|segments|fails|unload
                                 after that, load once more, in one way or the
                                 other, or fail to do so, or unload the kernel
                                 and load it again (none)
  records=N                      files to measure after loading, each time (10)
  busy=no|yes                    go on measuring files until the end (no)
  trouble=none|unset|full|read-only|hung|staged
                                 what is wrong when executing: no directory is
                                 set, its disk is full, read-only or does not
                                 answer, or records are staged (none)
  delay=N                        seconds that its disk takes to flush its cache,
                                 in the end: first for the data of a file, then
                                 for its name, and again for the directory (0)
  state=DIR                      where to leave flush/status and flush/segments
                                 as they are before executing (nowhere)

In the kernel that this executes, flush_kexec_stage2 checks that files and list
replay to PCR 10 of the TPM: see flush_kexec_stage2 --help.
HELP
}

fail() {
	echo "flush_kexec.sh: $*" >&2
	exit 1
}

# Has $1 new files measured: ima_policy=tcb measures what root reads.
measure_files() {
	local i dir

	dir=$(mktemp -d -p /root measured.XXXXXX)
	for ((i = 0; i < $1; i++)); do
		echo "$dir $i" >"$dir/a-file-with-a-name-of-usual-length-$i"
	done
	find "$dir" -type f -exec cat {} + >/dev/null
}

# Has files in $1 measured for as long as this kernel lives, without starting a
# program: so fast that some are wherever a record could get lost.
keep_measuring() {
	local i

	for ((i = 0; ; i++)); do
		echo "$1 $i" >"$1/$i"
		read -r _ <"$1/$i"
	done
}

# Returns when some have been.
begin_measuring() {
	local dir

	dir=$(mktemp -d -p /root measured.XXXXXX)
	keep_measuring "$dir" &
	wait_for test -e "$dir/3"
}

flush_list() {
	echo >"$IMA/flush/trigger"
}

# load_kernel file|segments ARGUMENT...
load_kernel() {
	local syscall=-s

	[[ $1 == file ]] || syscall=-c
	kexec "$syscall" -l --reuse-cmdline "${@:2}"
}

# The command line is longer than any kernel takes. That is found out only when
# there is a buffer for the list.
fail_to_load() {
	local line

	printf -v line '%5000s' end
	! kexec -s -l --command-line="$line" "$@" ||
		fail "a kernel with a command line of 5000 bytes was loaded"
}

load_again() {
	case $again in
	none) return ;;
	file | segments) load_kernel "$again" "$@" ;;
	fails) fail_to_load "$@" ;;
	unload)
		kexec -s -u
		load_kernel "$load" "$@"
		;;
	esac
	measure_files "$records"
}

# A disk of its own, to be filled, made read-only, slow or suspended
mount_disk() {
	local device

	truncate -s "$((SECTORS * 512))" "$DISK"
	device=$(losetup --find --show "$DISK")
	dmsetup create kexec-disk --table "0 $SECTORS linear $device 0"
	# Where no udev does so
	dmsetup mknodes kexec-disk
	# Nothing but a flush is to write to it, or that would be in its way.
	mkfs.ext4 -q -m 0 -E lazy_itable_init=0 /dev/mapper/kexec-disk
	mkdir -p "$directory"
	mount /dev/mapper/kexec-disk "$directory"
}

needs_disk() {
	[[ $trouble == full || $trouble == read-only || $trouble == hung ||
	   $delay -gt 0 ]]
}

make_trouble() {
	case $trouble in
	none) ;;
	unset) echo >"$IMA/flush/directory" ;;
	full) dd if=/dev/zero of="$directory/full" bs=4k status=none || true ;;
	read-only) mount -o remount,ro "$directory" ;;
	hung) dmsetup suspend --nolockfs kexec-disk ;;
	staged) echo A >"$IMA/binary_runtime_measurements_staged" ;;
	esac
}

has_file() {
	compgen -G "$directory/log.*" >/dev/null
}

# The worker tells what it does in its name.
is_flushing() {
	grep -qs '+ima_flush' /proc/[0-9]*/comm
}

# wait_for COMMAND...: until it succeeds, for three flushes of a cache and more
wait_for() {
	local end=$((SECONDS + 3 * delay + 10))

	until "$@"; do
		[[ $SECONDS -le $end ]] || fail "not in time: $*"
		sleep 0.1
	done
}

# With the name, a journal has made the directory durable. Has it something to
# write once more.
change_directory() {
	wait_for has_file
	: >"$directory/more"
}

slow_disk() {
	local device

	device=$(losetup --noheadings --output NAME --associated "$DISK")
	dmsetup reload kexec-disk --table \
		"0 $SECTORS delay $device 0 0 $device 0 0 $device 0 ${delay}000"
	dmsetup suspend kexec-disk
	dmsetup resume kexec-disk
	# What is measured only now would not be in what save_state tells.
	sleep 0
	change_directory &
}

# Begins a flush, and returns where it is to be when executing.
begin_flush() {
	flush_list &
	case $flush in
	running) wait_for is_flushing ;;
	committing)
		wait_for has_file
		# The name takes one delay, the directory the next one.
		sleep "$((delay + delay / 2))"
		;;
	esac
}

# A sync of anything else could wait for the disk of the directory.
save_state() {
	mkdir -p "$state"
	cat "$IMA/flush/status" >"$state/status"
	cat "$IMA/flush/segments" >"$state/segments"
	sync -f "$state"
}

# Fails unless the argument is NAME=VALUE with a value that there is.
check_argument() {
	case $1 in
	directory=/* | mode=carry | mode=flush | load=file | load=segments) ;;
	flush=none | flush=before | flush=between) ;;
	flush=running | flush=committing) ;;
	again=none | again=file | again=segments) ;;
	again=fails | again=unload) ;;
	records=[0-9]* | busy=no | busy=yes | trouble=none | trouble=unset) ;;
	trouble=full | trouble=read-only | trouble=hung | trouble=staged) ;;
	delay=[0-9]* | state=/*) ;;
	*) echo "$1 is unknown, see flush_kexec.sh --help" >&2 && exit 2 ;;
	esac
}

main() {
	local directory=/var/log/ima mode=carry load=file flush=none again=none
	local records=10 busy=no trouble=none delay=0 state=''

	while [[ ${1:-} == *=* ]]; do
		check_argument "$1"
		printf -v "${1%%=*}" '%s' "${1#*=}"
		shift
	done
	[[ $# -ge 1 && $1 != -* ]] || { usage && exit 2; }

	mkdir -p "$directory"
	! needs_disk || mount_disk
	echo "$directory" >"$IMA/flush/directory"
	echo "$mode" >"$IMA/flush/kexec"
	measure_files 100
	[[ $flush != before ]] || flush_list
	load_kernel "$load" "$@"
	measure_files "$records"
	[[ $flush != between ]] || flush_list
	load_again "$@"
	sync
	make_trouble
	[[ $delay -eq 0 ]] || slow_disk
	[[ $flush != running && $flush != committing ]] || begin_flush
	[[ $busy == no ]] || begin_measuring
	[[ -z $state ]] || save_state
	echo "flush_kexec.sh: executing" >/dev/kmsg
	# A disk that does not answer would keep it from syncing, in this order.
	kexec -e -y
}

main "$@"
