# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced after lib.sh: the mirror that this system uses, and packages of other
# Debian suites than its own, without touching its lists.

# Prints the codename of the release that this system runs.
release_codename() {
  (. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# Prints the mirror of this system's own release, from its apt sources: whoever
# chose a mirror keeps it. Nothing if there is none.
find_mirror() {
  local codename
  codename=$(release_codename)
  # shellcheck disable=SC2016 # apt-get expands it
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
    'Created-By: Packages' |
    awk -v name="$codename" '$1 == name && $2 == "main" { print $3; exit }'
}

# private_apt SUITE ARGUMENT…: apt-get with its own state and only that suite.
private_apt() {
  local suite=$1 state mirror
  shift
  state=$(cache_dir)/apt/$suite
  mirror=$(find_mirror)
  [[ -n $mirror ]] || return 1
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  touch "$state/status"
  printf 'deb [signed-by=%s] %s %s main\n' \
    /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" "$suite" \
    >"$state/sources.list"
  apt-get -q -o Dir::State="$state" -o Dir::State::lists="$state/lists" \
    -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
    -o Dir::Etc::sourcelist="$state/sources.list" \
    -o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root "$@"
}
