"""The rows of `clients`: one for each client of each snapshot, one column for each field."""

import re

from table import same, unescape

TABLE = "clients"
KIND = "client-list"
# Rows as the server prints them; a series has a line with the seconds since 1970 before each snapshot.
FILES = r"/clients[-_][^/]+$|/client-list-(json|noraw)\.txt$|/clientlist-[rv]-[^/]+$"
TEXT = set("addr laddr name flags capa events cmd user lib-name lib-ver".split())
RENAMED = {"user": "username"}


def fields_of(line):
    """A row's fields; a word without `=` belongs to the value before it, as in the path of a socket."""
    fields = []
    for word in line.split(b" "):
        if b"=" in word:
            fields.append(word.split(b"=", 1))
        else:
            fields[-1][1] += b" " + word
    return {name.decode(): value for name, value in fields}


def read_capture(path):
    """(number of the snapshot, its time, byte offset, fields) of each row; the number is None where nothing tells."""
    named = re.search(r"_(\d{10})\.txt$", path)
    time = int(named[1]) * 1_000_000 if named else None
    number = None if re.search("noseparator", path) else 0
    offset, rows = 0, 0
    with open(path, "rb") as file:
        for line in file:
            text = line.rstrip(b"\r\n")
            if text.isdigit():
                time = int(text) * 1_000_000
                number += rows > 0
            elif text:
                yield number, time, offset, fields_of(text)
                rows += 1
            offset += len(line)


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many."""
    expected = list(read_capture(path))
    same(f"{path}: rows", len(rows), len(expected))
    for row, (number, time, offset, fields) in zip(rows, expected):
        what = f"{path}: row at {offset}"
        same(f"{what}: byte_offset", row["byte_offset"], offset)
        same(f"{what}: snapshot_time", row["snapshot_time"], time)
        same(f"{what}: snapshot_number", row["snapshot_number"], number)
        for name, value in fields.items():
            found = row[RENAMED.get(name, name.replace("-", "_"))]
            same(f"{what}: {name}", unescape(found) if name in TEXT else found, value if name in TEXT else int(value))
        filled = {name for name, value in row.items() if value is not None}
        about = {"snapshot_time", "snapshot_number", "source", "byte_offset"}
        same(f"{what}: fields", len(filled - about), len(fields))
    return len(expected)


def total(rows, *names):
    """Sum of what is there; None where nothing is."""
    values = [row[name] for row in rows for name in names if row[name] is not None]
    return sum(values) if values else None


def check_report(what, rows, report):
    """The rows of a snapshot come to its row in the report."""
    snapshots = {}
    for row in rows:
        snapshots.setdefault((row["source"], row["snapshot_number"]), []).append(row)
    reported = {(row["path"], row["byte_offset"]): row for row in report["connections"]["snapshots"]}
    same(f"{what}: snapshots", len(snapshots), len(reported))
    for (source, number), clients in snapshots.items():
        about = f"{what}: snapshot {number} of {source}"
        row = reported.get((source, clients[0]["byte_offset"]))
        same(f"{about}: is in the report", row is not None, True)
        same(f"{about}: total", len(clients), row["total"])
        for name, letter in (("blocked", "b"), ("monitors", "O"), ("in_transaction", "x")):
            same(f"{about}: {name}", sum(letter in (client["flags"] or "") for client in clients), row[name])
        named = [client["name"] for client in clients if client["name"] is not None]
        same(f"{about}: unnamed", named.count("") if named else None, row["unnamed"])
        same(f"{about}: idle_over_1h", sum((client["idle"] or 0) > 3600 for client in clients), row["idle_over_1h"])
        same(f"{about}: output buffers", total(clients, "obl", "omem"), row["output_buffer_bytes"])
        same(f"{about}: query buffers", total(clients, "qbuf"), row["query_buffer_bytes"])
        same(f"{about}: memory", total(clients, "tot_mem"), row["memory_bytes"])
