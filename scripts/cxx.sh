# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced, after lib.sh, by what builds userspace-tests/ or bench/.

# cxx_dir NAME: the build folder NAME in the cache.
cxx_dir() { echo "$(cache_dir)/cmake/$1"; }

# build_cxx FOLDER NAME TARGETS [CMAKE_ARGUMENT…]: builds TARGETS of FOLDER, one
# of this repository, in the build folder NAME. Others may want the same at the
# same time.
build_cxx() { with_lock "cmake-$2" build_cxx_alone "$@"; }

build_cxx_alone() {
  local source build targets=$3 fresh=()
  local -x CCACHE_DIR=${CCACHE_DIR:-$(cache_dir)/ccache}
  source=$(repo_dir)/$1 build=$(cxx_dir "$2")
  shift 3
  # CMake refuses a build folder that another clone has configured.
  grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source" "$build/CMakeCache.txt" ||
    fresh=(--fresh)
  cmake "${fresh[@]}" -S "$source" -B "$build" -G Ninja \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
  # shellcheck disable=SC2086 # a list of words
  nice -n 10 cmake --build "$build" --target $targets
}
