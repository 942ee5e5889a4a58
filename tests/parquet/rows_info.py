"""The rows of `info`: one for each field of a dump, or for each part where a value is `part=value,…`."""

import re

from table import same, unescape

TABLE = "info"
KIND = "info"
# Files that hold one dump and nothing else.
FILES = r"/captures-info/|/info-[rv]-"


def read_capture(path):
    """(section, field, part, value) of each row."""
    section = None
    with open(path, "rb") as file:
        for line in file.read().splitlines():
            if line.startswith(b"# "):
                section = line[2:]
            elif line:
                field, value = line.split(b":", 1)
                parts = [part.split(b"=", 1) for part in value.split(b",")]
                if all(len(part) == 2 and re.fullmatch(rb"[A-Za-z0-9_.-]+", part[0]) for part in parts):
                    yield from ((section, field, name, text) for name, text in parts)
                else:
                    yield section, field, None, value


def number_of(value):
    return float(value) if re.fullmatch(rb"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", value) else None


def check_capture(path, rows):
    """Compares the rows of one input with what this file reads from it; returns how many."""
    expected = list(read_capture(path))
    same(f"{path}: rows", len(rows), len(expected))
    fields = {field: value for _, field, part, value in expected if part is None}
    time = int(fields[b"server_time_usec"]) if b"server_time_usec" in fields else None
    for row, cells in zip(rows, expected):
        texts = (row[name] for name in ("section", "field", "part", "value"))
        same(f"{path}: {cells[1]}", tuple(text if text is None else unescape(text) for text in texts), cells)
        same(f"{path}: {cells[1]} as a number", row["number"], number_of(cells[3]))
        same(f"{path}: time and place", (row["time"], row["byte_offset"]), (time, 0))
        same(f"{path}: run_id", row["run_id"], fields[b"run_id"].decode() if b"run_id" in fields else None)
    return len(expected)


def check_report(what, rows, report):
    """The rows of a dump hold the numbers that the report has of it."""
    dumps = {}
    for row in rows:
        dumps.setdefault((row["source"], row["byte_offset"]), {})[row["field"], row["part"]] = row["number"]
    reported = {(row["path"], row["byte_offset"]): row for row in report["info"]["snapshots"]}
    same(f"{what}: dumps", set(dumps), set(reported))
    for place, cells in dumps.items():
        dump = reported[place]
        for field, value in (
            ("used_memory", dump["memory"]["used"]),
            ("connected_clients", dump["clients"]["connected"]),
            ("total_commands_processed", dump["stats"]["total_commands"]),
            ("used_cpu_user", dump["cpu"]["user"]),
        ):
            same(f"{what}: {field} of {place}", cells.get((field, None)), value)
        for prefix, table, name, part in (("db", "keyspace", "db", "keys"), ("cmdstat_", "commandstats", "command", "calls"),
                                          ("errorstat_", "errorstats", "prefix", "count")):
            found = {field.removeprefix(prefix).upper(): number for (field, column), number in cells.items()
                     if re.match(prefix + r"\d+$" if prefix == "db" else prefix, field) and column == part}
            same(f"{what}: {table} of {place}", found, {str(row[name]).upper(): row[part] for row in dump[table]})
