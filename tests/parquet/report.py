"""The tables of `redtrail analyze -o DIR/`: they must say what report.json says, value by value."""

import datetime
import os

from table import micros, open_table, same, unescape

# Columns of the report's tables that are not named as the report's fields.
RENAMED = {"username": "user", "grouped_by": "by", "measure": "value"}
BYTES = {"record_bytes": "records", "rejected_bytes": "rejected", "noise_bytes": "noise",
         "truncated_bytes": "truncated", "unread_bytes": "unread"}


def reported_tables(report):
    """The rows that each table must have, in the words of report.json."""
    def nested(rows, outer, inner):
        return [{outer: row[outer], **item} for row in rows for item in row[inner]]

    tables = {name: report[name]["rows"] for name in (
        "commands", "clients", "client_groups", "key_patterns", "hot_keys", "collections", "dangerous", "databases",
        "timeline")}
    tables["inputs"] = report["inputs"]
    findings = [{"finding": number, **finding} for number, finding in enumerate(report["findings"])]
    tables["findings"] = findings
    tables["finding_numbers"] = nested(findings, "finding", "numbers")
    tables["finding_evidence"] = nested(findings, "finding", "evidence")
    tables["finding_confirmations"] = nested(findings, "finding", "confirmed_by")
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
