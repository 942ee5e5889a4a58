"""The rows of `events`: one for each change, however many messages told of it."""

import collections
import datetime
import json
import re

from table import micros, same, unescape

TABLE = "events"
KIND = "keyspace-events"
# `redis-cli --csv` and `--json`, and lines of a Python logger with a JSON object.
FILES = r"/events-(r-[0-9.]+-)?(csv|json|pylogger)\.(log|txt)$"


def read_capture(path):
    """(byte offset, time, pattern, channel, message) of each message."""
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            if re.search("csv", path):
                strings = re.findall(rb'"((?:[^"\\]|\\.)*)"', line)
                message = [unescape(string) for string in strings]
                time = None
            elif re.search("pylogger", path):
                start = line.find(b"{")
                fields = json.loads(line[start:]) if start >= 0 else {}
                message = [fields.get(name, "").encode() for name in ("type", "pattern", "channel", "data")]
                # The logger's clock has no zone: it is read as UTC.
                time = fields and micros(datetime.datetime.fromisoformat(fields["timestamp"] + "+00:00"))
            else:
                text = line.decode("latin-1")
                message = [str(item).encode("latin-1") for item in json.loads(text)] if text[0] == "[" else []
                time = None
            if len(message) == 4 and message[0] == b"pmessage":
                yield offset, time, *message[1:]
            offset += len(line)


def changes(path):
    """[byte offset, time, database, event, key, messages] of each change.

    Messages that follow each other tell of one change while they have one key and event and no pattern
    brings a second one by the same kind of channel.
    """
    subject, told = None, set()
    found = []
    for offset, time, pattern, channel, payload in read_capture(path):
        kind, database, name = re.fullmatch(rb"__(keyspace|keyevent)@(\d+)__:(.*)", channel, re.S).groups()
        event, key = (payload, name) if kind == b"keyspace" else (name, payload)
        if subject != (database, event, key) or (pattern, kind) in told:
            subject, told = (database, event, key), set()
            found.append([offset, time, int(database), event, key, 0])
        told.add((pattern, kind))
        found[-1][-1] += 1
    return found


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many."""
    expected = changes(path)
    same(f"{path}: rows", len(rows), len(expected))
    for row, change in zip(rows, expected):
        found = [row["byte_offset"], row["time"], row["db"], unescape(row["event"]), row["key"], row["messages"]]
        same(f"{path}: change at {change[0]}", found, change)
        same(f"{path}: key_text at {change[0]}", unescape(row["key_text"]), row["key"])
    return len(expected)


def check_report(what, rows, report):
    """Counts by event, database and pattern are those of the report."""
    events = report["keyspace_events"]
    same(f"{what}: rows", len(rows), events["total"])
    same(f"{what}: messages", sum(row["messages"] for row in rows), events["messages"])
    same(f"{what}: with a time", sum(row["time"] is not None for row in rows), events["timed"])
    for table, names in (("rows", ("event", "class")), ("databases", ("db",)), ("patterns", ("pattern", "event"))):
        found = collections.Counter(tuple(row[name] for name in names) for row in rows)
        same(f"{what}: {table}", found,
             {tuple(row[name] for name in names): row["calls"] for row in events[table]})
