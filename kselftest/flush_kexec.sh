#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Executes another kernel, after files were measured and some flushed, so that
# in the next kernel a quote of the TPM can be verified over the flushed files
# and the measurement list. Ends in that kernel: whatever started this has to go
# on there.
set -euo pipefail

readonly IMA=/sys/kernel/security/integrity/ima

usage() {
	cat <<HELP
Usage: flush_kexec.sh [NAME=VALUE]... KERNEL [ARGUMENT]...

ARGUMENTs go to "kexec --load": --initrd=FILE, for example. Needs root,
kexec-tools, ima_policy=tcb, and /root on a filesystem that this measures, not
tmpfs; for trouble with a disk also losetup, dmsetup and mkfs.ext4.

  directory=DIR                  of the flushed files (/var/log/ima)
  mode=carry|flush               for flush/kexec (carry)
  load=file|segments             kexec_file_load(2) or kexec_load(2) (file)
  flush=none|before|between|running
                                 flush before loading, between that and
                                 executing, or just when executing (none)
  records=N                      files to measure after loading (10)
  busy=no|yes                    go on measuring files until the end (no)
  trouble=none|unset|full|read-only|hung|staged
                                 what is wrong when executing: no directory is
                                 set, its disk is full, read-only or does not
                                 answer, or records are staged (none)
HELP
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

# Has files measured for as long as this kernel lives, without starting a
# program: so fast that some are wherever a record could get lost.
keep_measuring() {
	local i dir

	dir=$(mktemp -d -p /root measured.XXXXXX)
	for ((i = 0; ; i++)); do
		echo "$dir $i" >"$dir/$i"
		read -r _ <"$dir/$i"
	done
}

flush_list() {
	echo >"$IMA/flush/trigger"
}

load_kernel() {
	local syscall=-s

	[[ $load == file ]] || syscall=-c
	kexec "$syscall" -l --reuse-cmdline "$@"
}

# A disk of its own, to be filled, made read-only or suspended
mount_disk() {
	local device

	truncate -s 16M /root/disk
	device=$(losetup --find --show /root/disk)
	dmsetup create kexec-disk --table "0 32768 linear $device 0"
	# Where no udev does so
	dmsetup mknodes kexec-disk
	mkfs.ext4 -q -m 0 /dev/mapper/kexec-disk
	mkdir -p "$directory"
	mount /dev/mapper/kexec-disk "$directory"
}

needs_disk() {
	[[ $trouble == full || $trouble == read-only || $trouble == hung ]]
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

# Fails unless the argument is NAME=VALUE with a value that there is.
check_argument() {
	case $1 in
	directory=/* | mode=carry | mode=flush | load=file | load=segments) ;;
	flush=none | flush=before | flush=between | flush=running) ;;
	records=[0-9]* | busy=no | busy=yes | trouble=none | trouble=unset) ;;
	trouble=full | trouble=read-only | trouble=hung | trouble=staged) ;;
	*) echo "$1 is unknown, see flush_kexec.sh --help" >&2 && exit 2 ;;
	esac
}

main() {
	local directory=/var/log/ima mode=carry load=file flush=none records=10
	local busy=no trouble=none

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
	load_kernel "$@"
	measure_files "$records"
	[[ $flush != between ]] || flush_list
	sync
	make_trouble
	[[ $busy == no ]] || keep_measuring &
	[[ $flush != running ]] || flush_list &
	# A disk that does not answer would keep it from syncing, in this order.
	kexec -e -y
}

main "$@"
