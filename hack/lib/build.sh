# shellcheck shell=bash
# Builds our own program; sourced by hack/demo, hack/test and hack/bench.

HACK=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ROOT=$(dirname "$HACK")
CACHE=${BELVEDERE_CACHE:-$HOME/.cache/belvedere}
# What is precompiled is known by its content; ccache wants to be told that this is enough.
export CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache} CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
VERSION=$(sed -n 's/^project(belvedere VERSION \([0-9.]*\).*/\1/p' "$ROOT/CMakeLists.txt")
# shellcheck disable=SC2034 # used by those who source this
IMAGE=ghcr.io/belvedere-dev/belvedere:v$VERSION

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# The one list of Debian packages that building, linting and testing need; the cluster's own are in hack/lib/cluster.
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache
  libcpprest-dev libssl-dev libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libexpected-dev libcli11-dev
  libgtest-dev libgmock-dev
)
# shellcheck disable=SC2034 # used by those who source this
LINT_PACKAGES=(clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev shellcheck yamllint pyflakes3 python3-yaml lua5.3)

need_packages() { # package...
  local package missing=()
  for package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then die "please install: ${missing[*]}"; fi
  say "==> installing ${missing[*]}"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } >&2
}

build() { # preset target...
  local preset=$1
  shift
  need_packages "${BUILD_PACKAGES[@]}"
  cmake -S "$ROOT" --preset "$preset" >"$ROOT/build/$preset.configure.log" 2>&1 ||
    { tail -n 20 "$ROOT/build/$preset.configure.log" >&2; die "cmake --preset $preset failed"; }
  cmake --build "$ROOT/build/$preset" --target "$@" >&2
}

# The program's image as an OCI archive; prints its path.
program_image() {
  local binary=$ROOT/build/release/belvedere archive
  archive=$CACHE/images/belvedere-$(sha256sum "$binary" | cut -c1-16).tar
  if [ ! -e "$archive" ]; then
    mkdir -p "$CACHE/images"
    "$HACK/image" --ref "$IMAGE" --entrypoint /usr/bin/belvedere --file "$binary:/usr/bin/belvedere" --ldd "$binary" \
      -o "$archive" >/dev/null
    # Each build makes one; the last few serve whoever goes back and forth between commits.
    find "$CACHE/images" -name 'belvedere-*.tar' -printf '%T@ %p\n' | sort -rn | tail -n +5 | cut -d' ' -f2- | xargs -r rm -f
  fi
  printf '%s\n' "$archive"
}
mkdir -p "$ROOT/build"
