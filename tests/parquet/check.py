#!/usr/bin/env python3
"""Reads redtrail's Parquet tables with polars, pyarrow, pandas and DuckDB and compares them.

    check.py DIR REPORT.json [MONITOR_DIR [CAPTURE...]]

DIR          the tables of `redtrail analyze -o DIR/`
REPORT.json  the report of the same run: the tables must say the same, value by value
MONITOR_DIR  the table of `redtrail convert -o MONITOR_DIR` over the same inputs
CAPTURE      inputs of both runs that hold plain redis-cli output; this file reads them by its own
             means and compares keys, times, clients and sizes, matched by `source` and `byte_offset`

Every message names the file. The exit status is 0 where everything agrees.
"""

import datetime
import json
import os
import re
import sys

import duckdb
import pandas
import polars
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

# What cannot name a column without quotes. Postgres: "reserved" and "reserved (can be function or
# type)", Appendix C. Spark: "reserved" under ANSI, "ANSI Compliance", but for TIME, which Spark
# reserves only under spark.sql.ansi.enforceReservedKeywords. DuckDB is asked itself.
POSTGRES = """all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except
false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull
join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order
outer overlaps placing primary references returning right select session_user similar some symmetric
system_user table tablesample then to trailing true union unique user using variadic verbose when where window
with"""
SPARK = """all and anti any as authorization both case cast check collate column constraint create cross
current_date current_time current_timestamp current_user distinct else end escape except false fetch filter for
foreign from full grant group having in inner intersect into is join lateral leading left minus natural not null
offset on only or order outer overlaps percentile_cont percentile_disc primary references right select semi
session_user some table then to trailing union unique unknown user using when where with within"""
RESERVED = set(POSTGRES.split()) | set(SPARK.split())

# Columns of the report's tables that are not named as the report's fields.
RENAMED = {"username": "user", "grouped_by": "by"}
BYTES = {"record_bytes": "records", "rejected_bytes": "rejected", "noise_bytes": "noise",
         "truncated_bytes": "truncated", "unread_bytes": "unread"}

# Full comparison of values between libraries up to this many rows; counts beyond.
COMPARED_ROWS = 200_000


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")


def micros(time):
    """Microseconds since 1970 of what a library makes of a time; anything else as it is."""
    if isinstance(time, datetime.datetime):
        return (time - EPOCH) // datetime.timedelta(microseconds=1)
    return time


def unescape(text):
    """Redis's notation to bytes; `text` may be what stands in JSON or in a capture."""
    raw = text.encode() if isinstance(text, str) else text
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}

    def one(match):
        escape = match.group(1)
        return bytes([int(escape[1:], 16)]) if len(escape) == 3 else named.get(escape, escape)

    return re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", one, raw, flags=re.S)


def open_table(path):
    """The rows of a file as dictionaries, after every library has read the same from it."""
    table = pyarrow.parquet.read_table(path)
    names = table.column_names
    frame = polars.read_parquet(path)
    same(f"{path}: columns by polars", frame.columns, names)
    same(f"{path}: rows by polars", frame.height, table.num_rows)
    by_pandas = pandas.read_parquet(path, engine="pyarrow")
    same(f"{path}: columns by pandas", list(by_pandas.columns), names)
    same(f"{path}: rows by pandas", len(by_pandas), table.num_rows)

    base = duckdb.connect()
    base.execute("CREATE VIEW it AS SELECT * FROM read_parquet('{}')".format(path.replace("'", "''")))
    same(f"{path}: rows by DuckDB", base.execute("SELECT count(*) FROM it").fetchone()[0], table.num_rows)
    words = dict(base.execute("SELECT keyword_name, keyword_category FROM duckdb_keywords()").fetchall())
    for name in names:
        assert re.fullmatch("[a-z][a-z0-9_]*", name), f"{path}: odd column name {name}"
        if name in RESERVED or words.get(name) in ("reserved", "type_function"):
            sys.exit(f"{path}: column name {name} is a reserved word")
        column = base.execute(f"SELECT {name} FROM it LIMIT 1")
        same(f"{path}: a column by DuckDB", column.description[0][0], name)
        base.execute(f"SELECT count(*) FROM (SELECT it.{name} FROM it GROUP BY {name} ORDER BY {name})").fetchall()

    # Readers pass over row groups by what the footer says of nulls.
    groups = pyarrow.parquet.ParquetFile(path).metadata
    for at, name in enumerate(names):
        noted = sum(groups.row_group(group).column(at).statistics.null_count for group in range(groups.num_row_groups))
        same(f"{path}: nulls noted of {name}", noted, table[name].null_count)

    rows = [{name: micros(value) for name, value in row.items()} for row in table.to_pylist()]
    if table.num_rows <= COMPARED_ROWS:
        by_polars = [{name: micros(value) for name, value in row.items()} for row in frame.to_dicts()]
        same_rows(f"{path}: by polars", by_polars, rows)
        # As integers, so that no time zone of this machine is in the way.
        times = [field.name for field in table.schema if str(field.type) == "timestamp[us, tz=UTC]"]
        columns = ", ".join(f"epoch_us({name})" if name in times else name for name in names)
        values = base.execute(f"SELECT {columns} FROM it").fetchall()
        same_rows(f"{path}: by DuckDB", [dict(zip(names, row)) for row in values], rows)
    return rows


def same_rows(what, found, expected):
    same(f"{what}: rows", len(found), len(expected))
    for number, (row, other) in enumerate(zip(found, expected)):
        same(f"{what}: row {number}", row, other)


def reported_tables(report):
    """The rows that each table must have, in the words of report.json."""
    def nested(rows, outer, inner):
        return [{outer: row[outer], **item} for row in rows for item in row[inner]]

    tables = {name: report[name]["rows"] for name in (
        "commands", "clients", "client_groups", "key_patterns", "hot_keys", "dangerous", "databases", "timeline")}
    tables["inputs"] = report["inputs"]
    tables["connection_snapshots"] = report["connections"]["snapshots"]
    tables["connections"] = report["connections"]["rows"]
    tables["connection_growth"] = report["connections"]["growth"]
    tables["rejects"] = report["rejects"]["samples"]
    tables["keyspace_events"] = report["keyspace_events"]["rows"]
    for name in ("patterns", "databases", "gaps"):
        tables[f"keyspace_event_{name}"] = report["keyspace_events"][name]
    tables["client_commands"] = nested(tables["clients"], "client", "commands")
    tables["dangerous_clients"] = nested(tables["dangerous"], "command", "clients")
    tables["dangerous_examples"] = nested(tables["dangerous"], "command", "examples")
    log = report["slowlog"]
    large = log.get("large", {})
    tables["slowlog"] = log["rows"]
    for part in ("buckets", "patterns", "clients", "slowest", "restarts"):
        tables[f"slowlog_{part}"] = log[part]
    tables["commandlog"] = large.get("rows", [])
    for part in ("patterns", "clients", "biggest", "restarts"):
        tables[f"commandlog_{part}"] = large.get(part, [])
    tables.update(info_tables(report["info"]))
    return tables


def info_tables(info):
    """The tables of INFO dumps; `other` and percentiles as rows, groups of fields as prefixes."""
    groups = ("server", "clients", "memory", "stats", "replication", "persistence", "cpu")

    def flat(dump):
        return {**dump, **{f"{group}_{name}": value for group in groups for name, value in dump[group].items()}}

    def within(rows):
        return [{**{name: dump[name] for name in ("path", "byte_offset", "time")}, **row}
                for dump in info["snapshots"] for row in rows(dump)]

    tables = {f"info_{name}": within(lambda dump, name=name: dump[name])
              for name in ("keyspace", "commandstats", "replicas")}
    tables["info_snapshots"] = [flat(dump) for dump in info["snapshots"]]
    tables["info_errorstats"] = within(
        lambda dump: [{**row, "replies": row["count"]} for row in dump["errorstats"]])
    tables["info_latency"] = within(lambda dump: [
        {"command": row["command"], "percentile": name, "usec": usec}
        for row in dump["latency"] for name, usec in row.items() if name != "command"])
    tables["info_other"] = within(
        lambda dump: [{"field": name, "value": value} for name, value in dump["other"].items()])
    numbers = lambda row: {"from_snapshot": row["from"], "to_snapshot": row["to"]}
    tables["info_rates"] = [{**row, **numbers(row)} for row in info["rates"]]
    tables["info_rate_commands"] = [
        {**numbers(rate), **row} for rate in info["rates"] for row in rate["commandstats"]]
    tables["info_restarts"] = [{**row, **numbers(row)} for row in info["restarts"]]
    return tables


def as_stored(column, row, report):
    """What a column must hold for a row of report.json."""
    if column in BYTES:
        return row["accounted"][BYTES[column]]
    if column.startswith("type_"):
        return row["by_type"][column.removeprefix("type_")]
    if column == "bucket_seconds":
        return report["timeline"]["bucket_seconds"]
    if column == "key_bytes":
        return unescape(row["key"])
    value = row.get(RENAMED.get(column, column))
    if column in ("time", "first", "last", "persistence_rdb_last_save_time", "since", "until", "created") and value is not None:
        return micros(datetime.datetime.fromisoformat(value))
    if column == "samples":
        return [unescape(sample) for sample in value]
    if isinstance(value, int):
        return min(value, 2**63 - 1)
    return value


def monitor_records(report):
    """Records of MONITOR: captures of other kinds hold no calls."""
    return sum(row["records"] for row in report["inputs"] if row["kind"] == "monitor")


def check_report(directory, report):
    tables = reported_tables(report)
    files = {name.removesuffix(".parquet") for name in os.listdir(directory) if name.endswith(".parquet")}
    same(f"{directory}: tables", sorted(files), sorted(tables))
    sums = {}
    for name, expected in tables.items():
        path = os.path.join(directory, f"{name}.parquet")
        rows = open_table(path)
        same(f"{path}: rows in the report", len(rows), len(expected))
        for number, (row, reported) in enumerate(zip(rows, expected)):
            for column, value in row.items():
                same(f"{path}: {column} of row {number}", value, as_stored(column, reported, report))
        sums[name] = sum(row.get("calls", 0) for row in rows)
    for name in ("commands", "clients", "key_patterns", "dangerous"):
        table = report[name]
        other = (table.get("other") or {}).get("calls", 0)
        same(f"{name}: sum of calls and other", sums[name] + other, table["total"])
    records = monitor_records(report)
    same("commands: total", report["commands"]["total"], records)
    same("databases: sum of calls", sums["databases"], records)
    same("timeline: sum of calls", sums["timeline"], records)
    events = report["keyspace_events"]
    for name, other in (("keyspace_events", "other"), ("keyspace_event_patterns", "patterns_other")):
        same(f"{name}: sum of calls and other", sums[name] + (events.get(other) or {}).get("calls", 0), events["total"])
    same("keyspace_event_databases: sum of calls", sums["keyspace_event_databases"], events["total"])
    if any(row["events"] is not None for row in report["timeline"]["rows"]):
        same("timeline: sum of events", sum(row["events"] for row in report["timeline"]["rows"]), events["timed"])
    return len(tables)


# Which arguments are keys: (first, step), or () for none. Commands that are not here are not compared.
KEYS = {}
for names, arguments in (
    ("GET SET SETEX SETNX GETSET INCR DECR INCRBY DECRBY APPEND STRLEN EXPIRE PEXPIRE TTL PTTL TYPE PERSIST "
     "HSET HGET HMSET HMGET HGETALL HDEL HLEN HINCRBY LPUSH RPUSH LPOP RPOP LLEN LRANGE LTRIM LINDEX "
     "SADD SREM SCARD SMEMBERS SISMEMBER ZADD ZREM ZSCORE ZCARD ZRANGE ZINCRBY XADD XLEN SETBIT GETBIT", (1, None)),
    ("DEL UNLINK EXISTS TOUCH MGET WATCH SINTER SUNION SDIFF", (1, 1)),
    ("MSET MSETNX", (1, 2)),
    ("PING ECHO FLUSHALL FLUSHDB DBSIZE MULTI EXEC SELECT INFO TIME KEYS SCAN", ()),
):
    KEYS.update(dict.fromkeys(names.split(), arguments))

LINE = re.compile(
    rb'(\d+)\.(\d{6}) (?:\[(\S+) (.*?)\] )?("(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*)\r?\n?', re.S)


def read_capture(path):
    """(byte offset, time, database, client, arguments) of each plain line of redis-cli's MONITOR."""
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            if match := LINE.fullmatch(line):
                seconds, fraction, database, client, quoted = match.groups()
                args = [unescape(arg) for arg in re.findall(rb'"((?:[^"\\]|\\.)*)"', quoted, re.S)]
                yield offset, int(seconds) * 1_000_000 + int(fraction), database, client, args
            offset += len(line)


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many key lists."""
    rows = {row["byte_offset"]: row for row in rows if os.path.basename(row["source"]) == os.path.basename(path)}
    compared = 0
    for offset, time, database, client, args in read_capture(path):
        what = f"{path}: record at {offset}"
        row = rows.get(offset)
        if row is None:
            sys.exit(f"{what}: no row")
        name = args[0].decode("latin-1").upper()
        same(f"{what}: time", row["time"], time)
        same(f"{what}: argc", row["argc"], len(args))
        same(f"{what}: payload_bytes", row["payload_bytes"], sum(map(len, args[1:])))
        same(f"{what}: command", unescape(row["command"].split("|")[0]), args[0].upper())
        if "args" in row:
            same(f"{what}: args", row["args"], args)
        if database is not None:
            same(f"{what}: client", unescape(row["client"] or ""), client)
            number = int(database) if database.isdigit() else None
            same(f"{what}: db", row["db"], number)
            if number is None:
                same(f"{what}: namespace", unescape(row["namespace"]), database)
        if name in KEYS:
            first, step = KEYS[name] or (len(args), 1)
            keys = args[first::step] if step else args[first : first + 1]
            same(f"{what}: keys", row["keys"], keys)
            same(f"{what}: key", None if row["key"] is None else unescape(row["key"]), keys[0] if keys else None)
            compared += 1
    if compared == 0:
        sys.exit(f"{path}: no record to compare")
    return compared


def main(directory, report_path, monitor=None, *captures):
    with open(report_path, "rb") as file:
        report = json.load(file)
    print(f"{check_report(directory, report)} tables agree with {report_path}")
    if monitor:
        rows = open_table(os.path.join(monitor, "monitor.parquet"))
        same(f"{monitor}: rows", len(rows), monitor_records(report))
        for row in rows:
            same(f"{monitor}: type of keys", {type(key) for key in row["keys"]} - {bytes}, set())
        print(f"monitor has the {len(rows)} records of the report")
        for capture in captures:
            print(f"{check_capture(capture, rows)} key lists agree with {capture}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
