#!/usr/bin/env bash
# Whole runs beside other tools, on the four real captures repeated to about 1 GB, page cache warm.
#
#   benches/compare.sh [REPEATS]      68 repeats are 1.02 GB; needs zstd, gzip, xz, bzip2 and jq
#
# Tools that are missing are named and left out: apt-get install ripgrep mawk.
# Every tool's count is checked before its time counts. Each time is the median of five runs, and
# ratios are to `rg -c ''` of the same call of this script.
set -euo pipefail
cd "$(dirname "$0")/.."
repeats=${1:-68}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release --quiet
redtrail=target/release/redtrail
[ -n "${CARGO_TARGET_DIR:-}" ] && redtrail=$CARGO_TARGET_DIR/release/redtrail

for file in fixtures/captures/*; do
  case "$file" in
    *.zst) zstd -dc "$file" ;;
    *.gz) gzip -dc "$file" ;;
    *.xz) xz -dc "$file" ;;
    *.bz2) bzip2 -dc "$file" ;;
    *.log) cat "$file" ;;
  esac
done >"$work/once.log"
for _ in $(seq "$repeats"); do cat "$work/once.log"; done >"$work/capture.log"
capture=$work/capture.log
bytes=$(stat -c %s "$capture")
lines=$(wc -l <"$capture")
records=$(grep -c '\] "' "$capture")
echo "capture: $bytes bytes, $lines lines, $records records"

# check NAME EXPECTED COMMAND: the command must print what is expected.
check() {
  local got
  got=$(bash -c "$3")
  [ "$got" = "$2" ] || { echo "$1 counted $got, not $2" >&2; exit 1; }
}

# median COMMAND: seconds.
median() {
  for _ in 1 2 3 4 5; do
    local from to
    from=$(date +%s%N)
    bash -c "$1" >/dev/null
    to=$(date +%s%N)
    echo $((to - from))
  done | sort -n | sed -n 3p
}

declare -A times
order=()
run() { # NAME TOOL EXPECTED COUNTING-COMMAND TIMED-COMMAND
  if ! command -v "$2" >/dev/null; then
    echo "not installed: $2" >&2
    return
  fi
  check "$1" "$3" "$4"
  times[$1]=$(median "$5")
  order+=("$1")
}

run "wc -l" wc "$lines" "wc -l <$capture" "wc -l $capture"
run "rg -c ''" rg "$lines" "rg -c '' $capture" "rg -c '' $capture"
run "redtrail analyze, 1 thread" "$redtrail" "$records" \
  "$redtrail analyze -j1 --to json $capture | jq .commands.total" "$redtrail analyze -j1 $capture"
run "redtrail analyze, 2 threads" "$redtrail" "$records" \
  "$redtrail analyze -j2 --to json $capture | jq .commands.total" "$redtrail analyze -j2 $capture"
run "redtrail convert, 2 threads" "$redtrail" "$records" \
  "$redtrail convert -j2 $capture -o $work/tables 2>&1 | sed 's/redtrail: //; s/ rows.*//'" \
  "$redtrail convert -q -j2 $capture -o $work/tables"
counting="mawk -F'\"' '{c[\$2]++} END {for (k in c) n += c[k]; print n}' $capture"
run "mawk, one field" mawk "$lines" "$counting" "$counting"

printf '\n%-30s %9s %9s %12s\n' "" seconds MB/s "of rg -c ''"
for name in "${order[@]}"; do
  awk -v name="$name" -v t="${times[$name]}" -v rg="${times["rg -c ''"]:-0}" -v bytes="$bytes" \
    'BEGIN { printf "%-30s %9.3f %9.0f %12s\n", name, t / 1e9, bytes / t * 1e3, rg ? sprintf("%.2f", t / rg) : "-" }'
done

# Peak memory: all of it, and the part that is not pages of the mapped file.
"$redtrail" analyze -j2 "$capture" >/dev/null &
pid=$!
peak=0
while [ -r "/proc/$pid/status" ]; do
  now=$(awk '/RssAnon/ {print $2}' "/proc/$pid/status" 2>/dev/null || true)
  [ "${now:-0}" -gt "$peak" ] && peak=$now
  sleep 0.01
done
wait "$pid"
echo "peak anonymous memory of analyze, 2 threads: $((peak / 1024)) MiB"
