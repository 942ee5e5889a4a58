#!/usr/bin/env bash
# Whole runs on big captures, beside other tools. Linux; needs no root.
#
#   benches/compare.sh [--quick | --large] [--runs N] [--repeats N] [--save]
#
#   --quick      small captures, one run each: shows in a minute that everything here works
#   --large      also 10 GB: time, and memory with 50 million keys (14 GB of disk)
#   --runs N     each time is the median of N runs (5)
#   --repeats N  how often the real captures follow each other (68: 1.02 GB)
#   --save       also writes benches/results/DATE-MACHINE.txt
#
#   REDTRAIL     the binary to measure; without it, it is built
#   PYTHON       the interpreter that has duckdb and polars (python3)
#   TMPDIR       where the captures are made: 3 GB, which the page cache should hold
#
# No time counts before the count of the same run is checked; a wrong count ends in status 1. What is
# not installed is named and left out. The page cache is warm: the run that counts comes first.
set -euo pipefail
export LC_ALL=C
[ -z "${REDTRAIL:-}" ] || REDTRAIL=$(realpath "$REDTRAIL")
# Not where a link leads: it is by its own place that an interpreter finds its modules.
PYTHON=$(command -v "${PYTHON:-python3}" || echo /python3)
[[ $PYTHON == /* ]] || PYTHON=$PWD/$PYTHON
cd "$(dirname "$0")/.."
. benches/lib.sh

runs=5 repeats=68 kind_bytes=200000000 keys=10000000 large= save=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) runs=1 repeats=4 kind_bytes=4000000 keys=100000 ;;
    --large) large=1 ;;
    --runs) runs=${2:?} && shift ;;
    --repeats) repeats=${2:?} && shift ;;
    --save) save=1 ;;
    *) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0" && exit 2 ;;
  esac
  shift
done

if [ -z "${REDTRAIL:-}" ]; then
  cargo build --release --locked --quiet
  REDTRAIL=$(realpath "${CARGO_TARGET_DIR:-target}/release/redtrail")
fi
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
need=$((repeats * 45000000 + (${large:-0} * 11000000000)))
if [ "$(df --output=avail -B1 "$work" | tail -1)" -lt "$need" ]; then
  echo "not enough room for $((need / 1000000)) MB: set TMPDIR" >&2
  exit 1
fi
# Every command below runs in one directory, so that it can be shown as it ran.
cd "$work"
mkdir bin && ln -s "$REDTRAIL" bin/redtrail
printf '#!/bin/sh\nexec "%s" "$@"\n' "$PYTHON" >bin/python && chmod +x bin/python
export PATH=$work/bin:$PATH
cp "$here/benches/other_tools.py" .

all() {
  machine
  one_capture
  to_parquet
  compressed
  other_kinds
  linear
  distinct_keys
  small
  memory
  goals
  the_end
}

one_capture() {
  monitor "$repeats" >capture.log
  bytes=$(size capture.log) lines=$(wc -l <capture.log) records=$(grep -c '\] "' capture.log)
  section "MONITOR, $bytes bytes, $lines lines, $records records; ratio: to rg -c ''"
  base "rg -c ''"
  row "rg -c ''" rg "$lines" "rg -c '' capture.log"
  row "wc -l" wc "$lines" "wc -l <capture.log"
  analyzed "redtrail analyze, 1 thread" "$records" -j1 capture.log
  analyzed "redtrail analyze, 2 threads" "$records" -j2 capture.log
  row "mawk, counts by one field" mawk "$lines" \
    "mawk -F'\"' '{c[\$2]++} END {for (k in c) n += c[k]; print n}' capture.log"
  row "DuckDB, counts by one field" python:duckdb "$records" "python other_tools.py duckdb-group capture.log"
  row "polars, counts by one field" python:polars "$records" "python other_tools.py polars-group capture.log"
}

to_parquet() {
  section "The same to Parquet, zstd, 2 threads; ratio: to DuckDB"
  base DuckDB
  row DuckDB python:duckdb "$records" "python other_tools.py duckdb-parquet capture.log"
  row "redtrail convert" redtrail "$records" \
    "redtrail convert -j2 capture.log -o rows 2>&1 | sed 's/redtrail: //; s/ rows.*//'" \
    "redtrail convert -q -j2 capture.log -o rows"
  rm -rf rows rows.parquet
}

compressed() {
  monitor $(((repeats + 3) / 4)) >part.log
  bytes=$(size part.log)
  local lines records packed
  lines=$(wc -l <part.log) records=$(grep -c '\] "' part.log)
  for packer in gzip zstd; do
    packed=part.${packer/gzip/gz}
    packed=${packed/zstd/zst}
    section "$packer, $bytes bytes unpacked; ratio: to $packer -dc | wc -l"
    base "$packer -dc | wc -l"
    if ! has "$packer"; then
      absent "$packer"
      continue
    fi
    "$packer" -qc part.log >"$packed"
    row "$packer -dc | wc -l" "$packer" "$lines" "$packer -dc $packed | wc -l"
    analyzed "redtrail analyze, 2 threads" "$records" -j2 "$packed"
    rm "$packed"
  done
}

other_kinds() {
  section "Other kinds, 2 threads; ratio of the time per byte: to MONITOR"
  base MONITOR
  bytes=$(size part.log)
  analyzed MONITOR "$(grep -c '\] "' part.log)" -j2 part.log
  rm part.log
  local form
  for form in csv json raw; do
    slow_log "slowlog-$form.log" "$form"
    kind "SLOWLOG --$form, all entries different" slowlog-$form.log
  done
  repeated "$here/fixtures/captures-slowlog/redis-7.0.15/slowlog-csv.log" 19
  kind "SLOWLOG --csv, the same entries again" polled.log
  client_lists 1000
  kind "CLIENT LIST, ever new connections" clients.log
  client_lists 0
  kind "CLIENT LIST, the same connections" clients.log
  for form in csv json raw pylogger; do
    events "$form"
    kind "events, $form" events-$form.log
  done
}

# kind NAME FILE: of what one of the generators of lib.sh left in kind.log.
kind() {
  mv kind.log "$2"
  bytes=$(size "$2")
  analyzed "$1" "$(cat count)" -j2 "$2"
  rm "$2"
}

linear() {
  local part
  part=$(((repeats + 3) / 4))
  section "Longer captures, 2 threads; ratio of the time per byte: to the first"
  base "$part times the captures"
  for times in "$part" "$repeats" ${large:+$((repeats * 10))}; do
    monitor "$times" >long.log
    bytes=$(size long.log)
    analyzed "$times times the captures" "$((records / repeats * times))" -j2 long.log
    if [ "$times" -gt "$repeats" ]; then
      peak "redtrail analyze, $times times the captures" "redtrail analyze -j2 long.log"
    fi
    rm long.log
  done
}

distinct_keys() {
  section "Keys: lines of 100 bytes, 2 threads; ratio: to few keys"
  distinct "$keys" 100
  if [ -n "$large" ]; then
    section "Keys: lines of 200 bytes, 2 threads; ratio: to few keys"
    distinct 50000000 200
  fi
}

# distinct LINES WIDTH: the same lines with 1,000 keys and with as many keys as lines.
distinct() {
  base "1,000 keys"
  key_lines "$1" "$2" 1000 >keys.log
  bytes=$(size keys.log)
  analyzed "1,000 keys" "$1" -j2 keys.log
  key_lines "$1" "$2" "$1" >keys.log
  check_close "distinct keys" "$1" "redtrail analyze -q --to json keys.log | $(field distinct_keys) | head -1"
  analyzed "$1 keys" "$1" -j2 keys.log
  peak "$1 keys" "redtrail analyze -j2 keys.log"
  rm keys.log
}

small() {
  title "A file of 1 MB, from start to exit: the mean of 20 runs"
  head -c 1000000 once.log | sed '$d' >small.log
  check "1 MB" "$(grep -c '\] "' small.log)" "redtrail analyze -q --to json small.log | $(field total) | head -1" || return 0
  mean "/bin/true" "/bin/true"
  mean "redtrail analyze" "redtrail analyze small.log"
  mean "redtrail analyze, 1 thread" "redtrail analyze -j1 small.log"
}

memory() {
  title "Peak of anonymous memory (RssAnon, sampled)"
  peak "redtrail analyze, $repeats times the captures" "redtrail analyze -j2 capture.log"
  peak "redtrail convert, the same" "redtrail convert -q -j2 capture.log -o rows"
  printf '%s' "${peaks[@]}"
}

status=0
if [ -n "$save" ]; then
  mkdir -p "$here/benches/results"
  result=$here/benches/results/$(date -u +%Y-%m-%d)-$(slug).txt
  # What a pipe's left side sets is lost with it, its status is not.
  all | tee "$result" || status=$?
  echo "saved: ${result#"$here"/}"
else
  all || status=$?
fi
exit "$status"
