#!/usr/bin/env python3
"""Reads redtrail's Parquet tables with polars, pyarrow, pandas and DuckDB and compares them.

    check.py DIR REPORT.json [ROWS_DIR]

DIR          the tables of `redtrail analyze -o DIR/`
REPORT.json  the report of the same run: the tables must say the same, value by value
ROWS_DIR     the tables of `redtrail convert --with-values -o ROWS_DIR` over the same inputs. Their rows must
             come to what the report says. Inputs whose names tell a plain form are read here once more, by
             other means than redtrail's, and compared row by row; each kind must have some.

Every message names the file. The exit status is 0 where everything agrees.
"""

import json
import os
import re
import sys

import report as report_tables
import rows_clients
import rows_events
import rows_info
import rows_monitor
import rows_slowlog
from table import open_table, same, unescape

KINDS = (rows_monitor, rows_clients, rows_slowlog, rows_events, rows_info)


def check_rows(module, directory, report):
    """Compares the table of one kind with the report and with the captures; returns its rows."""
    path = os.path.join(directory, f"{module.TABLE}.parquet")
    rows = open_table(path)
    module.check_report(path, rows, report)
    by_source = {}
    for row in rows:
        by_source.setdefault(unescape(row["source"]), []).append(row)
    found = {source.decode() for source in by_source}
    read = {row["path"] for row in report["inputs"] if row["kind"] == module.KIND and row["records"]}
    same(f"{path}: inputs", found, read)
    print(f"{module.TABLE} has {len(rows)} rows, which come to what the report says")
    files = [row["path"] for row in report["inputs"]
             if os.path.isfile(row["path"]) and re.search(module.FILES, row["path"])]
    if not files:
        sys.exit(f"{path}: no input of this kind is read here")
    compared = sum(module.check_capture(file, by_source.get(file.encode(), [])) for file in files)
    print(f"  {compared} of them agree with a separate reading of {len(files)} files")
    return rows


def check_patterns(tables):
    """A key has one pattern, whatever tells of it, and that is the key with parts of it starred."""
    patterns = {}
    for name, key_column in (("monitor", "key"), ("slowlog", "key"), ("events", "key_text")):
        for row in tables[name]:
            if row[key_column] is not None:
                known = patterns.setdefault(row[key_column], row["pattern"])
                same(f"{name}: pattern of {row[key_column]}", row["pattern"], known)
    for key, pattern in patterns.items():
        literal = ".+".join(re.escape(part) for part in pattern.split("*"))
        if not re.fullmatch(literal, key, re.S):
            sys.exit(f"pattern {pattern} does not fit key {key}")
    print(f"{len(patterns)} keys have one pattern each")


def main(directory, report_path, rows_directory=None):
    with open(report_path, "rb") as file:
        report = json.load(file)
    print(f"{report_tables.check_report(directory, report)} tables agree with {report_path}")
    if rows_directory:
        names = sorted(name for name in os.listdir(rows_directory))
        same(f"{rows_directory}: tables", names, sorted(f"{module.TABLE}.parquet" for module in KINDS))
        check_patterns({module.TABLE: check_rows(module, rows_directory, report) for module in KINDS})


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
