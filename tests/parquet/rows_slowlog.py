"""The rows of `slowlog`: one for each entry as read."""

import collections
import json
import re

from rows_monitor import KEYS
from table import same, unescape

TABLE = "slowlog"
KIND = "slowlog"
# One poll of `redis-cli --csv` or `--json`.
FILES = r"/slowlog[^/]*(?<!quoted)-(csv|json)\.(log|txt)$"
MORE = re.compile(rb"\.\.\. \((\d+) more arguments\)")


def read_csv(content):
    """The entries: three numbers, then strings, the last two of which are address and name if all have them."""
    entries = []
    for number, string in re.findall(rb'(\d+)(?=,|$)|"((?:[^"\\]|\\.)*)"', content.strip()):
        if number and (not entries or len(entries[-1]) > 3):
            entries.append([])
        entries[-1].append(int(number) if number else unescape(string))
    if all(re.fullmatch(rb"|.+:\d+", entry[-2]) for entry in entries):
        return [(*entry[:3], entry[3:-2], entry[-2], entry[-1]) for entry in entries]
    return [(*entry[:3], entry[3:], None, None) for entry in entries]


def read_json(content):
    """The entries; redis-cli leaves bytes as they are, so they pass through a text of single bytes."""
    for entry in json.loads(content.decode("latin-1")):
        strings = [arg.encode("latin-1") for arg in entry[3]]
        client, name = [text.encode("latin-1") for text in entry[4:6]] or (None, None)
        yield *entry[:3], strings, client, name


def maybe(text):
    return None if text is None else unescape(text)


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many."""
    with open(path, "rb") as file:
        content = file.read()
    entries = list((read_csv if re.search("csv", path) else read_json)(content))
    same(f"{path}: rows", len(rows), len(entries))
    for row, (number, seconds, us, args, client, name) in zip(rows, entries):
        what = f"{path}: entry {number}"
        more = MORE.fullmatch(args[-1])
        argc = len(args) - 1 + int(more[1]) if more else len(args)
        found = (row["id"], row["time"], row["us"], row["args"], row["args_exact"], row["argc"])
        same(what, found, (number, seconds * 1_000_000, us, args, True, argc))
        same(f"{what}: what only others have", (row["bytes"], row["complexity"], row["commandlog"]), (None,) * 3)
        same(f"{what}: client", (maybe(row["client"]), maybe(row["name"])), (client, name))
        same(f"{what}: command", unescape(row["command"].split("|")[0]), args[0].upper())
        same(f"{what}: place", content[row["byte_offset"]:].lstrip(b"[")[:20].startswith(b"%d," % number), True)
        first, step = KEYS.get(args[0].decode("latin-1").upper(), (0, None)) or (len(args), 1)
        if first:
            keys = args[first::step] if step else args[first:first + 1]
            same(f"{what}: key", maybe(row["key"]), keys[0] if keys else None)
    return len(entries)


def check_report(what, rows, report):
    """Each entry once comes to the numbers of the report, and the others are called duplicates."""
    log = report["slowlog"]
    seen = set()
    commands, clients = collections.defaultdict(list), collections.defaultdict(list)
    for row in rows:
        # Raw output parts arguments by line ends, redis-py by spaces.
        args = b" ".join(row["args"]).replace(b"\n", b" ")
        entry = (row["id"], row["time"], row["us"], args, row["client"], row["name"])
        same(f"{what}: duplicate at {row['byte_offset']} of {row['source']}", row["duplicate"], entry in seen)
        if row["id"] is not None:
            seen.add(entry)
        if not row["duplicate"]:
            commands[row["command"]].append(row["us"])
            if row["client"] is not None:
                clients[row["client"]].append(row["us"])
    same(f"{what}: duplicates", sum(row["duplicate"] for row in rows), log["duplicates"])
    same(f"{what}: total", sum(map(len, commands.values())), log["total"])
    for name, groups, table in (("command", commands, log["rows"]), ("client", clients, log["clients"])):
        found = {group: (len(values), sum(values), max(values)) for group, values in groups.items()}
        same(f"{what}: by {name}", found,
             {row[name]: (row["calls"], row["total_us"], row["max_us"]) for row in table})
    for bucket in log["buckets"]:
        end = bucket["to_us"] or float("inf")
        within = [us for values in commands.values() for us in values if bucket["from_us"] <= us < end]
        same(f"{what}: from {bucket['from_us']} us", len(within), bucket["calls"])
