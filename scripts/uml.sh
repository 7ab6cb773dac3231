# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced, after lib.sh, by what runs User-mode Linux.

# What a kernel with um-debug.config is booted with.
# shellcheck disable=SC2034 # for those who source this
readonly UML_DEBUG=(mem=2G seccomp=on)

# In which pages of the host run_uml has the memory of User-mode Linux, small or
# huge.
host_pages=small

readonly MOUNT_HUGE='mount -t tmpfs -o size=100%,huge=always memory'

# can_use_huge_pages FOLDER: whether a tmpfs in huge pages can be mounted where
# only one command sees it; the host uses small ones where it finds no others. A
# kernel reaches its memory through huge pages: so must what stands for a kernel
# in a measurement, or whatever goes through much memory is slow as it is nowhere
# else.
can_use_huge_pages() {
  # shellcheck disable=SC2086 # these are words
  unshare --mount $MOUNT_HUGE "$1" 2>/dev/null &&
    ! grep -qF '[deny]' /sys/kernel/mm/transparent_hugepage/shmem_enabled
}

# run_uml KERNEL SHARE RESULTS SECONDS [ARGUMENT…] -- COMMAND…: boots KERNEL,
# with those of its arguments that are given, on the guest image and runs
# COMMAND there as root, with the folder SHARE of this machine as /mnt. The
# folder RESULTS of the guest is copied to SHARE then. The console comes live to
# standard output and is kept in SHARE/log. Fails if COMMAND does, if all that
# took longer, or if the kernel's log tells of a fault.
run_uml() {
  local kernel=$1 share=$2 seconds=$4 scripts image init arguments=() ended=0
  local memory=()
  scripts=$(repo_dir)/scripts
  echo "$3" >"$share/get"
  shift 4
  while [[ $1 != -- ]]; do
    arguments+=("$1")
    shift
  done
  shift
  printf '%q ' "$@" >"$share/command"
  cp "$scripts/guest/init-uml" "$share"
  image=$("$scripts/guest-image")
  # Its memory is a file where TMPDIR, TMP or TEMP says, which the host must not
  # write to a disk. Without them it looks for a tmpfs.
  if [[ $host_pages == huge ]]; then
    mkdir "$share/memory"
    # shellcheck disable=SC2016 # the inner shell has $0 and $@
    memory=(unshare --mount bash -c
      "$MOUNT_HUGE"' "$0" && TMPDIR=$0 exec "$@"' "$share/memory")
  elif [[ $(stat -f -c %T "${TMPDIR:-/tmp}") != tmpfs ]]; then
    memory=(env -u TMPDIR -u TMP -u TEMP)
  fi
  # The arguments come apart at blanks unless they hold quotes of their own.
  init="mount -t hostfs -o $share none /mnt && exec /mnt/init-uml"
  # With "c" it does not lock the image, which other guests read, too. Should
  # this shell be killed, the kernel must not live on.
  setpriv --pdeathsig TERM "${memory[@]}" timeout -k 10 "$seconds" "$kernel" \
    "${arguments[@]}" ima_policy=tcb "ubd0c=$share/cow,$image" \
    root=/dev/ubda rw panic=-1 console=tty con=null con0=null,fd:1 \
    init=/bin/bash -- -c "\"$init\"" </dev/null 2>&1 |
    tee "$share/log" || ended=$?
  rm -f "$share/cow"
  judge_uml "$share" "$ended" "$seconds"
}

# Says why a run was no success: the status ENDED of the kernel, that of the
# command, or what is in the log.
judge_uml() {
  local share=$1 ended=$2 seconds=$3 splat
  if splat=$("$(repo_dir)/scripts/guest/find-splat" <"$share/log"); then
    warn "the kernel reported a fault: $splat"
  elif [[ $ended -eq 124 ]]; then
    warn "User-mode Linux did not end within $seconds s"
  elif [[ ! -s $share/status ]]; then
    warn "User-mode Linux ended with status $ended and without a result"
  elif [[ $(<"$share/status") != 0 ]]; then
    warn "the command in User-mode Linux ended with $(<"$share/status")"
  else
    return 0
  fi
  return 1
}
