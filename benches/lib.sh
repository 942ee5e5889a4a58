# What compare.sh is made of: the clock, the checks, the captures. Sourced, in the directory of the project.

wrong=0
base_name= base_rate= bytes=0
commands=() peaks=()
# Numbers for the goals, by what they are.
declare -A got=()

declare -A install=(
  [rg]="apt-get install ripgrep" [mawk]="apt-get install mawk" [gzip]="apt-get install gzip"
  [zstd]="apt-get install zstd" [xz]="apt-get install xz-utils" [bzip2]="apt-get install bzip2"
  [python:duckdb]="pip install duckdb" [python:polars]="pip install polars"
)

# has TOOL: whether it can be run; `python:NAME` is a module.
has() {
  case $1 in
    python:*) python -c "import ${1#python:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

absent() { echo "  not installed: ${1#python:} (${install[$1]:-})"; }

size() { stat -c %s "$1"; }

title() { printf '\n%s\n' "$1"; }

# section TITLE: a table of rows.
section() { title "$1" && printf '  %-42s %9s %9s %7s\n' "" seconds MB/s ratio; }

# base NAME: ratios from here on are to the row of this name.
base() { base_name=$1 base_rate=; }

# field NAME: a filter that takes the numbers of this name out of a report.
field() { echo "grep -o '\"$1\": [0-9]*' | grep -o '[0-9]*\$'"; }

# check NAME EXPECTED COMMAND: the command must print what is expected.
check() {
  local got
  got=$(bash -c "$3" | tr -d ' ' || true)
  [ "$got" = "$2" ] && return
  echo "  $1: WRONG COUNT: ${got:-none}, not $2"
  wrong=1
  return 1
}

# check_close NAME EXPECTED COMMAND: as check, within the 5 % that a sketch may err.
check_close() {
  local got
  got=$(bash -c "$3" || true)
  awk -v got="${got:-0}" -v want="$2" 'BEGIN { exit !(got > want * 0.95 && got < want * 1.05) }' && return
  echo "  $1: WRONG COUNT: ${got:-none}, not about $2"
  wrong=1
}

# median COMMAND: nanoseconds. No other run begins when half a minute has gone by.
median() {
  local from now times=()
  while [ ${#times[@]} -lt "$runs" ] && [ "$(($(printf '%s+' "${times[@]:-0}")0))" -lt 30000000000 ]; do
    from=$(date +%s%N)
    bash -c "$1" >/dev/null
    now=$(date +%s%N)
    times+=($((now - from)))
  done
  printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((${#times[@]} + 1) / 2))p"
}

# row NAME TOOL EXPECTED COUNTING-COMMAND [TIMED-COMMAND]: of `bytes` bytes. Without the last, the
# command that counts is timed.
row() {
  local timed=${5:-$4} time
  if ! has "$2"; then
    absent "$2"
    return 0
  fi
  check "$1" "$3" "$4" || return 0
  time=$(median "$timed")
  [ "$1" = "$base_name" ] && base_rate=$(awk -v t="$time" -v b="$bytes" 'BEGIN { printf "%.9g", t / b }')
  got["$base_name|$1"]=$(awk -v t="$time" -v base="$base_rate" -v b="$bytes" 'BEGIN { if (base) printf "%.2f", t / b / base }')
  got["s/GB|$1"]=$(awk -v t="$time" -v b="$bytes" 'BEGIN { printf "%.2f", t / b }')
  awk -v name="$1" -v t="$time" -v ratio="${got["$base_name|$1"]:--}" -v b="$bytes" \
    'BEGIN { printf "  %-42s %9.3f %9.0f %7s\n", name, t / 1e9, b / t * 1e3, ratio }'
  commands+=("$timed")
}

# analyzed NAME RECORDS THREADS FILE: the whole report. Records are counted, and none may be rejected.
analyzed() {
  row "$1" redtrail "$2+0" \
    "redtrail analyze -q $3 --to json $4 | sed -n '/^  \"totals\"/,/^  }/s/.*\"re[a-z]*\": \([0-9]*\),/\1/p' | paste -sd+" \
    "redtrail analyze $3 $4"
}

# mean NAME COMMAND: of 20 runs from one shell.
mean() {
  local from
  from=$(date +%s%N)
  bash -c "for run in {1..20}; do $2 >/dev/null; done"
  got["ms|$1"]=$(awk -v t="$(($(date +%s%N) - from))" 'BEGIN { printf "%.1f", t / 20e6 }')
  printf '  %-42s %9s ms\n' "$1" "${got["ms|$1"]}"
  commands+=("$2")
}

# peak NAME COMMAND: of what is not pages of the mapped file; told at the end.
peak() {
  local pid now most=0
  bash -c "exec $2" >/dev/null &
  pid=$!
  while now=$(awk '/RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    [ "$now" -gt "$most" ] && most=$now
    sleep 0.01
  done
  wait "$pid"
  got["MB|$1"]=$((most * 1024 / 1000000))
  peaks+=("$(printf '  %-42s %9d MB' "$1" "${got["MB|$1"]}")"$'\n')
}

machine() {
  date -u '+%Y-%m-%d %H:%M UTC'
  echo "$(processor), $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo), $(uname -sr)"
  echo "load $(cut -d' ' -f1-3 /proc/loadavg), each time the median of $runs"
  redtrail --version
  local tool
  for tool in rg gzip zstd; do
    ! has "$tool" || "$tool" --version | head -1
  done
  ! has mawk || mawk -W version 2>&1 | head -1
  for tool in duckdb polars; do
    ! has "python:$tool" || python -c "import $tool; print('$tool', $tool.__version__)"
  done
}

processor() { sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | grep . -m1 || uname -m; }

slug() { processor | tr 'A-Z' 'a-z' | sed 's/([a-z]*)//g; s/[^a-z0-9]\{1,\}/-/g; s/^-//; s/-$//'; }

# worst PATTERN: the largest of the numbers whose name is like that; nothing where none was measured.
worst() {
  local name
  for name in "${!got[@]}"; do
    # shellcheck disable=SC2053
    [[ $name != $1 ]] || echo "${got[$name]}"
  done | sort -g | tail -1
}

# goal NAME MOST PATTERN: whether the worst of these numbers is within it.
goal() {
  local now
  now=$(worst "$3")
  awk -v name="$1" -v most="$2" -v now="$now" 'BEGIN {
    printf "  %-58s %7s %7s  %s\n", name, most, now == "" ? "-" : now,
      now == "" ? "not measured" : now + 0 <= most + 0 ? "met" : "NOT MET"
  }'
}

# The goals of README.md, of what was measured: sizes are those of this run.
goals() {
  title "Goals: at most, measured"
  goal "whole report, 2 threads, to rg -c ''" 2 "rg -c ''|redtrail analyze, 2 threads"
  goal "whole report, 1 thread, to rg -c ''" 3 "rg -c ''|redtrail analyze, 1 thread"
  goal "convert, seconds per GB" 5 "s/GB|redtrail convert"
  goal "convert, to DuckDB" 0.33 "DuckDB|redtrail convert"
  goal "gzip, to gzip -dc | wc -l" 1.2 "gzip -dc*|redtrail*"
  goal "zstd, to zstd -dc | wc -l" 1.2 "zstd -dc*|redtrail*"
  goal "SLOWLOG, the slowest form, time per byte to MONITOR's" 2 "MONITOR|SLOWLOG*"
  goal "CLIENT LIST, ever new connections" 2 "MONITOR|CLIENT LIST, ever*"
  goal "CLIENT LIST, connections that stay" 2 "MONITOR|CLIENT LIST, the same*"
  goal "events, the slowest form" 2 "MONITOR|events*"
  goal "1 MB from start to exit, ms" 30 "ms|redtrail analyze"
  goal "anonymous memory of a report, MB" 512 "MB|*analyze*"
  goal "the same, every key another" 512 "MB|*keys"
  goal "longer captures, time per byte to the first" 1.1 "*captures|*captures"
  goal "every key another, to few keys" 1.5 "1,000 keys|*"
}

the_end() {
  printf '\nload %s\n\nThe commands, in this order, standard output to /dev/null:\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
  printf '  %s\n' "${commands[@]}"
  return "$wrong"
}

# unpack FILE: what it holds, whatever it is packed with.
unpack() {
  local tool=cat
  case $1 in
    *.zst) tool="zstd -dc" ;;
    *.gz) tool="gzip -dc" ;;
    *.xz) tool="xz -dc" ;;
    *.bz2) tool="bzip2 -dc" ;;
  esac
  if has "${tool% *}"; then
    $tool "$1"
  else
    absent "${tool% *}" >&2
  fi
}

# monitor TIMES: the four real captures, so often.
monitor() {
  local file
  [ -e once.log ] || for file in "$here"/fixtures/captures/*; do unpack "$file"; done >once.log
  for _ in $(seq "$1"); do cat once.log; done
}

# repeated FILE RECORDS: to kind.log, up to `kind_bytes`; how many records, to count.
repeated() {
  local times=$((kind_bytes / $(size "$1") + 1))
  # yes(1) writes the name of one file so often; xargs reads as many at once as fit.
  { yes "$1" 2>/dev/null || true; } | head -n "$times" | xargs cat >kind.log
  echo $(($2 * times)) >count
}

# slow_log FILE FORM: polls of a slow log, in each of which ids and times go on.
slow_log() {
  awk -v most="$kind_bytes" '
    { text = text $0 "\n" }
    END {
      # An entry starts with its id and a time of this day, 1795172229.
      while (match(text, /[0-9]+[,\n]17951[0-9][0-9][0-9][0-9][0-9][,\n]/)) {
        before[++n] = substr(text, 1, RSTART - 1)
        split(substr(text, RSTART, RLENGTH), part, /[,\n]/)
        by[n] = substr(text, RSTART + RLENGTH - 1, 1)
        id[n] = part[1]; time[n] = part[2]
        text = substr(text, RSTART + RLENGTH)
      }
      for (poll = 0; bytes < most; poll++) {
        for (i = 1; i <= n; i++) {
          entry = before[i] (id[i] + poll * 100) by[i] (time[i] + poll * 60) by[i]
          bytes += length(entry)
          printf "%s", entry
        }
        bytes += length(text)
        printf "%s", text
      }
      print n * poll > "count"
    }' "$here/fixtures/captures-slowlog/redis-7.0.15/$1" >kind.log
}

# client_lists STEP: a series in which times go on; each time it comes again, ids are higher by STEP.
client_lists() {
  unpack "$here/fixtures/captures-client-list/redis-7.0.15/clients-series.log.xz" | awk -v most="$kind_bytes" -v step="$1" '
    { line[NR] = $0 }
    /^id=/ { match($0, / /); id[NR] = substr($0, 4, RSTART - 4); rest[NR] = substr($0, RSTART); n++ }
    END {
      for (turn = 0; bytes < most; turn++)
        for (i = 1; i <= NR; i++) {
          now = line[i]
          if (i in id) now = "id=" (id[i] + turn * step) rest[i]
          else if (now ~ /^[0-9]+$/) now += turn * 20
          bytes += length(now) + 1
          print now
        }
      print n * turn > "count"
    }' >kind.log
}

# events FORM: the whole messages of all servers, so often.
events() {
  local file
  for file in "$here"/fixtures/captures-events/*/events-"$1".log.xz; do
    unpack "$file" | awk '
      /^"pmessage".*"$/ || /^\["pmessage".*\]$/ || /"pmessage".*}$/
      /^pmessage$/ { held = ""; left = 4 }
      left { held = held $0 "\n"; if (!--left) printf "%s", held }'
  done >messages.log
  repeated messages.log "$(grep -c '"pmessage"\|^pmessage$' messages.log)"
  rm messages.log
}

# key_lines LINES WIDTH KEYS: calls on so many keys, in no order, all lines equally long.
key_lines() {
  awk -v lines="$1" -v width="$2" -v keys="$3" '
    BEGIN {
      value = sprintf("%" width "s", ""); gsub(/ /, "v", value)
      split("GET SET DEL", name, " ")
      for (i = 0; i < lines; i++) {
        # 7,368,787 is a prime, so i times it meets every key once before it meets one again.
        key = sprintf("session:%012.0f", (i * 7368787) % keys)
        line = sprintf("%d.%06d [0 10.0.0.%d:%d] \"%s\" \"%s\"", 1795172000 + int(i / 20000), i % 20000 * 50,
          i % 50 + 10, 40000 + i % 50, name[i % 2 + 1], key)
        if (i % 2) line = line sprintf(" \"%s\" \"EX\" \"60\"", substr(value, 1, width - 15 - length(line)))
        else line = line sprintf(" \"%s\"", substr(value, 1, width - 4 - length(line)))
        print line
      }
    }'
}
