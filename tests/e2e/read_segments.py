"""Reads the sealed segments of a data directory as anybody could, and compares: read_segments.py DATA_DIR ROWS LEAST.

With DuckDB and with pyarrow, each all files as one table, which must be the same in both. Then with ROWS, a file of
records as `logboom search --output json` prints them, every seq from the first to the last once. Ends with an error that
says what differs. Run with a Python that has both packages (scripts/prepare python).
"""

import base64
import bisect
import decimal
import json
import pathlib
import re
import sys

import duckdb
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

# What the path says; other columns are in the files.
PATH_COLUMNS = {"ingest_date", "ingest_hour"}
# Columns whose names begin so were made from attributes of bodies and sources.
ATTRIBUTE_PREFIX = "attr_"


def fail(*words):
    raise SystemExit("read_segments: " + " ".join(map(str, words)))


def with_duckdb(pattern):
    """Every row of every column, by seq; and the files that were there at that moment."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT * FROM read_parquet('{pattern}', union_by_name=true, filename=true) ORDER BY seq"
    table = connection.sql(query).to_arrow_table()
    missing = PATH_COLUMNS - set(table.column_names)
    if missing:
        fail("DuckDB finds no", missing, "in the paths")
    paths = table.column("filename").unique().to_pylist()
    table = table.drop_columns([*PATH_COLUMNS, "filename"])
    return table.rename_columns([name.lower() for name in table.column_names]), paths


def with_pyarrow(paths):
    """The same; a name with two types is an error here. Names that differ only by their case are in different files,
    and one column to DuckDB: they become one here too."""
    schema = pyarrow.unify_schemas([pyarrow.parquet.read_schema(path).remove_metadata() for path in paths])
    table = pyarrow.dataset.dataset(paths, schema=schema, format="parquet").to_table().sort_by("seq")
    columns = {}
    for name in table.column_names:
        column, known = table.column(name), columns.get(name.lower())
        columns[name.lower()] = column if known is None else pyarrow.compute.coalesce(known, column)
    return pyarrow.table(columns)


def compare_tables(one, other):
    """DuckDB's table and pyarrow's, column by column."""
    if set(one.column_names) != set(other.column_names):
        fail("columns differ:", set(one.column_names) ^ set(other.column_names))
    if one.num_rows != other.num_rows:
        fail("DuckDB reads", one.num_rows, "rows, pyarrow", other.num_rows)
    for name in one.column_names:
        values = one.column(name).cast(other.schema.field(name).type).combine_chunks()
        if not values.equals(other.column(name).combine_chunks()):
            pairs = zip(values.to_pylist(), other.column(name).to_pylist())
            fail("column", name, "differs:", next(pair for pair in pairs if pair[0] != pair[1]))
    return other


def columns_of(path):
    """Parquet column -> exact name of the attribute, as the file's metadata has it."""
    columns = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"logboom.columns"])
    return {column["column"].lower(): column["name"] for column in columns if column["of"] == "attributes"}


def flat(values, prefix=""):
    """The members of nested objects, with dots between the names; an empty object is a value."""
    found = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {prefix + name: value}
    return found


def numbers(text):
    """JSON with every number as it is written: nothing is rounded by the comparison."""
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def exact(value):
    """A value of a column as it would be in JSON."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return decimal.Decimal(repr(value))


def nanoseconds(text):
    """RFC 3339 in UTC -> nanoseconds since 1970, without floating point."""
    day, hour, minute, second, fraction = re.fullmatch(r"(\d+-\d+-\d+)T(\d+):(\d+):(\d+)(?:\.(\d+))?Z", text).groups()
    days = pyarrow.scalar(day).cast(pyarrow.date32()).cast(pyarrow.int32()).as_py()
    seconds = ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
    return seconds * 10**9 + int((fraction or "").ljust(9, "0"))


def record(row, names):
    """A row of the table in the words of `--output json`."""
    attributes = flat(numbers(row["attributes"] or "{}"))
    for column, name in names.items():
        if row.get(column) is not None:
            if name in attributes:
                fail("seq", row["seq"], "has", name, "twice:", attributes[name], row[column])
            attributes[name] = exact(row[column])
    body = row["body_bytes"]
    return {
        "seq": row["seq"], "time": row["time"], "observed_time": row["observed_time"], "severity": row["severity"] or "",
        "severity_number": row["severity_number"], "stream": row["stream"] or "",
        "container_name": row.get("container_name") or "", "resource": json.loads(row["resource"]),
        "body": row["body"].encode() if body is None else body, "attributes": attributes,
    }


def expected(line):
    """The same of a line that `logboom search` printed."""
    row = numbers(line)
    body = base64.b64decode(row["body_base64"]) if "body_base64" in row else row["body"].encode()
    return {
        **{name: row[name] for name in ("severity", "stream", "container_name", "resource", "attributes")},
        "seq": int(row["seq"]), "severity_number": int(row["severity_number"]), "body": body,
        "time": nanoseconds(row["time"]), "observed_time": nanoseconds(row["observed_time"]),
    }


def compare_rows(table, paths, rows):
    """Every row of the segments and every record that was found; names of columns are those of the row's own file."""
    for column in ("time", "observed_time"):
        table = table.set_column(table.column_names.index(column), column, table.column(column).cast(pyarrow.int64()))
    seqs = table.column("seq").to_pylist()
    # A file's name begins with its first seq.
    firsts = sorted((int(pathlib.Path(path).name.split("-")[0]), path) for path in paths)
    ends = [first for first, _ in firsts[1:]] + [seqs[-1] + 1]
    with open(rows, encoding="utf-8") as found:
        compared, at, wanted = 0, 0, next_of(found)
        for (_, path), end in zip(firsts, ends):
            count = bisect.bisect_left(seqs, end) - at
            names = columns_of(path)
            for row in table.slice(at, count).to_pylist():
                if wanted is None:
                    return compared
                got = record(row, names)
                if got != wanted:
                    keys = [key for key in got if got[key] != wanted[key]]
                    fail(path, "seq", got["seq"], *(f"{key}: {got[key]!r} instead of {wanted[key]!r}" for key in keys))
                compared += 1
                wanted = next_of(found)
            at += count
    return compared


def next_of(lines):
    line = next(lines, None)
    return None if line is None else expected(line)


def main():
    data, rows, least = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pattern = f"{data}/segments/**/*.parquet"
    table, paths = with_duckdb(pattern)
    if len(paths) < least:
        fail("only", len(paths), "segments")
    table = compare_tables(table, with_pyarrow(paths))
    compared = compare_rows(table, paths, rows)
    types = {name: str(table.schema.field(name).type) for name in table.column_names if name.startswith(ATTRIBUTE_PREFIX)}
    print(json.dumps({"segments": len(paths), "rows": table.num_rows, "compared": compared, "columns": types}))


if __name__ == "__main__":
    main()
