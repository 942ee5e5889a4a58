"""What DuckDB and polars do with MONITOR's lines by a regular expression, on two threads.

    other_tools.py duckdb-group | duckdb-parquet | polars-group FILE

Prints the number of records.
"""

import os
import sys

task, path = sys.argv[1:]

# A line is one column: no byte of a capture is the separator.
LINES = f"""read_csv('{path}', columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
    delim = '\x01', quote = '', escape = '', comment = '', max_line_size = 16777216)"""
# Time, database, client, command, first argument.
RECORD = r"""^([0-9.]+) \[([0-9]+) (.*?)\] "([^"]*)"(?: "((?:[^"\\]|\\.)*)")?"""


def duckdb_group(db):
    return db.execute(f"""
        SELECT sum(calls)::BIGINT FROM (
            SELECT regexp_extract(line, '\\] "([^"]*)"', 1) AS command, count(*) AS calls
            FROM {LINES} GROUP BY command) WHERE command != ''""").fetchone()[0]


def duckdb_parquet(db):
    db.execute(f"""
        COPY (
            SELECT make_timestamp(replace(r.time, '.', '')::BIGINT) AS time, r.db::INT AS db, r.client,
                upper(r.command) AS command, r.key
            FROM (SELECT regexp_extract(line, '{RECORD}', ['time', 'db', 'client', 'command', 'key']) AS r
                  FROM {LINES})
            WHERE r.time != ''
        ) TO 'rows.parquet' (FORMAT parquet, COMPRESSION zstd)""")
    return db.execute("SELECT count(*) FROM 'rows.parquet'").fetchone()[0]


def polars_group():
    os.environ["POLARS_MAX_THREADS"] = "2"
    import polars

    lines = polars.scan_csv(
        path, separator="\x01", has_header=False, quote_char=None, new_columns=["line"], schema={"line": polars.String}
    )
    command = polars.col("line").str.extract(r'\] "([^"]*)"', 1).alias("command")
    calls = lines.select(command).group_by("command").len().drop_nulls().select(polars.col("len").sum())
    return calls.collect(engine="streaming").item()


if task == "polars-group":
    print(polars_group())
else:
    import duckdb

    db = duckdb.connect(config={"threads": 2})
    print({"duckdb-group": duckdb_group, "duckdb-parquet": duckdb_parquet}[task](db))
