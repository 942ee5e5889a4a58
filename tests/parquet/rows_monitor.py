"""The rows of `monitor`: keys, times, clients and sizes of each call."""

import collections
import re
import sys

from table import same, unescape

TABLE = "monitor"
KIND = "monitor"
# Plain output of redis-cli.
FILES = r"/captures/[^/]+\.log$|monitor-7\.4-raw\.txt$"

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


def check_report(what, rows, report):
    """Calls of each command and references of keys are those of the report."""
    same(f"{what}: rows", len(rows), sum(row["records"] for row in report["inputs"] if row["kind"] == KIND))
    calls = collections.Counter(row["command"] for row in rows)
    same(f"{what}: calls by command", calls, {row["command"]: row["calls"] for row in report["commands"]["rows"]})
    same(f"{what}: keys", sum(len(row["keys"]) for row in rows), report["key_patterns"]["total"])
    same(f"{what}: types of keys", {type(key) for row in rows for key in row["keys"]}, {bytes})


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many."""
    rows = {row["byte_offset"]: row for row in rows}
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
    same(f"{path}: rows", len(rows), compared)
    return compared
