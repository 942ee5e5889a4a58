#!/usr/bin/env bash
# Builds target/release/redtrail so that the compiler knows how often what is done: it is built once to count that, run
# on the fixtures, and built again.
#
#   rustup component add llvm-tools
#   benches/pgo.sh
#
#   LLVM_PROFDATA     the tool that adds up the counts, of rustc's version of LLVM, where it is not that component
#   CARGO_TARGET_DIR  where to build (target)
set -euo pipefail
cd "$(dirname "$0")/.."

profdata=${LLVM_PROFDATA:-$(find "$(rustc --print sysroot)/lib/rustlib" -name llvm-profdata -print -quit)}
[ -n "$profdata" ] || { echo "no llvm-profdata: rustup component add llvm-tools" >&2 && exit 1; }

built=$(realpath -m "${CARGO_TARGET_DIR:-target}")/release/redtrail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build FLAG: only this crate is built with it, so what it depends on is built once. Always by one path: what it is called
# becomes a part of the names of all functions, and counts are found by these.
build() {
  printf '#!/bin/sh\nexec "$@" %s\n' "$1" >"$work/rustc" && chmod +x "$work/rustc"
  cargo clean --quiet --release --package redtrail
  RUSTC_WORKSPACE_WRAPPER=$work/rustc cargo build --release --locked
}

build "-Cprofile-generate=$work/counts"
for threads in 1 2; do
  for kind in captures captures-slowlog captures-client-list captures-events captures-info incidents; do
    "$built" analyze -q -j"$threads" "fixtures/$kind" >/dev/null
  done
done
"$profdata" merge -o "$work/profile" "$work/counts"

build "-Cprofile-use=$work/profile"
echo "$built"
