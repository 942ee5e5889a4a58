"""Opens a table with polars, pyarrow, pandas and DuckDB and compares what they read."""

import datetime
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
