"""Filter patterns, positions, columns and queries that the modules write, tried on records of the same format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from checker.flowlog.fields import FIELDS
from checker.flowlog.part import Window
from checker.flowlog.sql.partitions import holds, parts_of, timed
from checker.flowlog.sql.table import Column, table_of
from checker.rules._fields import ANALYSIS_FIELDS
from checker.rules._filter_match import line_matches
from checker.rules._filter_pattern import LONGEST, parse_pattern
from tests.e2e.terraform import Terraform
from tests.terraform.example import Example
from tests.terraform.generated import Generated, generate, read
from tests.terraform.records import NOW, REAL, Record, Space, demo, is_login, lines, made, real

pytestmark = [pytest.mark.slow, pytest.mark.terraform]

FORMATS = ["default", "odd", "analysis"]
PORTS = {"ssh": 22, "rdp": 3389, "web": 8443}
DAYS = 3
WORDS = {"INT_32": "int", "INT_64": "bigint", "STRING": "string"}


@pytest.fixture(scope="session")
def generated(
    cache: Path, terraform: Terraform, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generated:
    source = Path(generate.__code__.co_filename).read_text(encoding="utf-8")
    digest = Example("modules", {}, {}).digest(terraform.identity + source)
    kept = cache / f"generated-{digest}.json"
    if kept.is_file():
        return read(json.loads(kept.read_text(encoding="utf-8")))
    server = request.getfixturevalue("aws").server
    shown = generate(tmp_path_factory.mktemp("generated"), terraform, server)
    kept.write_text(json.dumps(shown), encoding="utf-8")
    return read(shown)


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def records_of(format_: str) -> list[Record]:
    """Records that a log of this format can hold: the embedded example's too where the format is the default one."""
    return [*made(3000), *(demo() if format_ == "default" else [])]


def test_patterns_choose_the_rejected_logins_and_nothing_else(generated: Generated, format_: str) -> None:
    fields = generated.formats[format_]
    records = records_of(format_)
    written = lines(records, fields)
    for name, port in PORTS.items():
        text = generated.patterns[format_][name]
        wanted = [is_login(record, port) for record in records]
        assert len(text) <= LONGEST
        assert any(wanted) or format_ == "default"
        assert [line_matches(parse_pattern(text), line.split(" ")) for line in written] == wanted
        assert [Space.parse(text).matches(line) for line in written] == wanted


def test_the_pattern_of_the_stream_chooses_every_rejected_record(generated: Generated, format_: str) -> None:
    records = records_of(format_)
    text = generated.patterns[format_]["any"]
    wanted = [record["action"] == "REJECT" for record in records]
    written = lines(records, generated.formats[format_])
    assert [line_matches(parse_pattern(text), line.split(" ")) for line in written] == wanted
    assert [Space.parse(text).matches(line) for line in written] == wanted


def test_contributor_insights_read_the_fields_that_they_name(generated: Generated, format_: str) -> None:
    records = made(50)
    written = [line.split(" ") for line in lines(records, generated.formats[format_])]
    for definition in generated.insights[format_].values():
        for position, name in definition["Fields"].items():
            assert [words[int(position) - 1] for words in written] == [record[name] for record in records]
        keys = definition["Contribution"]["Keys"] + [each["Match"] for each in definition["Contribution"]["Filters"]]
        assert set(keys) <= set(definition["Fields"].values())


def test_columns_have_the_names_and_types_of_the_files(generated: Generated, format_: str) -> None:
    types = {field.name: WORDS[field.type] for field in FIELDS}
    columns = generated.tables[format_]["storage_descriptor"][0]["columns"]
    wanted = [(field.replace("-", "_"), types[field]) for field in generated.formats[format_]]
    assert [(column["name"], column["type"]) for column in columns] == wanted


def test_the_default_fields_are_those_of_the_analysis(generated: Generated) -> None:
    assert set(generated.formats["analysis"]) == set(ANALYSIS_FIELDS)


def test_partitions_have_no_name_of_a_field(generated: Generated, format_: str) -> None:
    keys = {key["name"] for key in generated.tables[format_]["partition_keys"]}
    assert keys == {"log_account", "log_region", "year", "month", "day", "hour"}
    assert not keys & {field.name.replace("-", "_") for field in FIELDS}


def test_flowcheck_reads_the_table_as_the_flow_log_writes_it(generated: Generated, format_: str) -> None:
    """``flowcheck traffic --logs athena:DATABASE.records``: every field by its name, partitions by their time."""
    made_ = generated.tables[format_]
    columns = tuple(Column(each["name"], each["type"]) for each in made_["storage_descriptor"][0]["columns"])
    keys = tuple(Column(each["name"], each["type"]) for each in made_["partition_keys"])
    fields = table_of("records", columns, partitions=keys).by_field
    assert {name: fields[name].name for name in generated.formats[format_]} == {
        name: name.replace("-", "_") for name in generated.formats[format_]
    }
    parts = parts_of(keys, made_["parameters"], {})
    assert timed(parts)
    day = Window(since=NOW - timedelta(hours=1), until=NOW)
    inside = {"log_account": "123456789012", "log_region": "us-east-1", "year": "2026", "month": "01", "day": "02"}
    assert holds(parts, {**inside, "hour": "05"}, day)
    assert not holds(parts, {**inside, "month": "11", "hour": "05"}, day)
    assert not [part.column.name for part in parts if part.injected]


class Database:
    """The table of a format, filled, in DuckDB."""

    def __init__(
        self, generated: Generated, format_: str, folder: Path, records: Sequence[Record], now: datetime = NOW
    ) -> None:
        self.generated, self.format, self.now = generated, format_, now
        self._db = duckdb.connect()
        self._db.execute("SET TimeZone = 'UTC'")
        self._db.execute(f'CREATE SCHEMA "{format_}"')
        files = _write(generated, format_, records, folder)
        self.records = records
        self._db.execute(f'CREATE TABLE "{format_}".records AS {_read(generated, format_, files)}')

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a statement of Athena finds ``now``."""
        dated = sql.replace("current_date", f"DATE '{self.now:%Y-%m-%d}'")
        (statement,) = sqlglot.transpile(dated, read="athena", write="duckdb")
        return self._db.execute(statement).fetchall()

    def query(self, name: str) -> list[tuple[Any, ...]]:
        return self.rows(self.generated.queries[self.format][name])

    def within(self, keep: Callable[[Record], bool]) -> list[Record]:
        """Return the records of the days that queries look back over."""
        first = datetime(self.now.year, self.now.month, self.now.day, tzinfo=UTC) - timedelta(days=DAYS - 1)
        return [each for each in self.records if int(each["end"]) >= first.timestamp() and keep(each)]


def _write(generated: Generated, format_: str, records: Sequence[Record], root: Path) -> list[tuple[Path, dict]]:
    """Write records as AWS would into the folders that the template names; the day is that of a record's end."""
    template = generated.tables[format_]["parameters"]["storage.location.template"].removeprefix("s3://")
    fields = generated.formats[format_]
    folders: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        ended = datetime.fromtimestamp(int(record["end"]), UTC)
        folders.setdefault(tuple(f"{ended:%Y %m %d %H}".split()), []).append(record)
    files = []
    for times, held in folders.items():
        keys = {"log_account": "123456789012", "log_region": "us-east-1"}
        keys |= dict(zip(("year", "month", "day", "hour"), times, strict=True))
        place = template
        for key, value in keys.items():
            place = place.replace(f"${{{key}}}", value)
        assert "$" not in place
        path = root / place / "records.log"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join([" ".join(fields), *lines(held, fields)]) + "\n", encoding="utf-8")
        files.append((path, keys))
    return files


def _read(generated: Generated, format_: str, files: Sequence[tuple[Path, dict]]) -> str:
    """Return a statement that reads the files by position, with the types of the table: ``-`` is no number."""
    table = generated.tables[format_]
    columns = table["storage_descriptor"][0]["columns"]
    names = {f"c{at}": "VARCHAR" for at in range(len(columns))}
    kinds = {"int": "INTEGER", "bigint": "BIGINT", "string": "VARCHAR"}
    shown = [f'TRY_CAST(c{at} AS {kinds[column["type"]]}) AS "{column["name"]}"' for at, column in enumerate(columns)]
    parts = []
    for path, keys in files:
        more = [f"'{keys[key['name']]}' AS \"{key['name']}\"" for key in table["partition_keys"]]
        source = f"read_csv('{path}', delim = ' ', header = false, skip = 1, columns = {names}, auto_detect = false)"
        parts.append(f"SELECT {', '.join([*shown, *more])} FROM {source}")
    return " UNION ALL ".join(parts)


@pytest.fixture
def database(generated: Generated, format_: str, tmp_path: Path) -> Iterator[Database]:
    yield Database(generated, format_, tmp_path, made(3000))


def direction(database: Database, record: Record) -> str:
    return record["flow-direction"] if "flow-direction" in database.generated.formats[database.format] else "-"


def test_rejected_flows(database: Database) -> None:
    groups: dict[tuple[str, ...], list[Record]] = {}
    for each in database.within(lambda each: each["action"] == "REJECT"):
        key = (each["account-id"], each["interface-id"], direction(database, each), each["srcaddr"], each["dstaddr"])
        groups.setdefault((*key, each["protocol"], each["dstport"]), []).append(each)
    wanted = {
        (*key[:5], int(key[5]), int(key[6]), len(held), sum(int(each["packets"]) for each in held),
         sum(int(each["bytes"]) for each in held), min(int(each["start"]) for each in held),
         max(int(each["end"]) for each in held))
        for key, held in groups.items()
    }  # fmt: skip
    found = database.query("rejected-flows")
    assert len(wanted) > 100
    assert len(found) == min(len(wanted), 1000)
    assert set(found) <= wanted
    assert [row[8] for row in found] == sorted((row[8] for row in wanted), reverse=True)[:1000]


def test_rejected_logins(database: Database) -> None:
    groups: dict[tuple[str, str], list[Record]] = {}
    for each in database.within(lambda each: is_login(each, 22) or is_login(each, 3389)):
        groups.setdefault((each["srcaddr"], each["dstport"]), []).append(each)
    wanted = {
        (source, int(port), len(held), sum(int(each["packets"]) for each in held),
         len({each["dstaddr"] for each in held}), min(int(each["start"]) for each in held),
         max(int(each["end"]) for each in held))
        for (source, port), held in groups.items()
    }  # fmt: skip
    assert len(wanted) == 12
    assert set(database.query("rejected-logins")) == wanted


def test_top_talkers(database: Database) -> None:
    sent: Counter[tuple[str, str]] = Counter()
    for each in database.within(lambda each: each["action"] == "ACCEPT"):
        sent[each["srcaddr"], each["dstaddr"]] += int(each["bytes"])
    found = database.query("top-talkers")
    assert {(row[0], row[1]): row[2] for row in found} == dict(sent)
    assert [row[2] for row in found] == sorted(sent.values(), reverse=True)


def test_lost_records(database: Database) -> None:
    lost = database.within(lambda each: each["log-status"] == "SKIPDATA")
    (row,) = database.query("lost-records")
    assert row == ("123456789012", lost[0]["interface-id"], 2, int(lost[0]["start"]), int(lost[0]["end"]))


def test_last_records(database: Database) -> None:
    last: dict[str, int] = {}
    for each in database.within(lambda _: True):
        last[each["interface-id"]] = max(last.get(each["interface-id"], 0), int(each["end"]))
    assert {row[1]: row[2] for row in database.query("last-records")} == last


def test_the_view_holds_every_record_once_under_its_day(database: Database) -> None:
    counted: Counter[tuple[Any, ...]] = Counter()
    for each in database.within(lambda each: each["action"] in ("ACCEPT", "REJECT")):
        day = datetime.fromtimestamp(int(each["start"]), UTC).date()
        port = int(each["dstport"]) if int(each["dstport"]) < 49152 else None
        key = (day, each["account-id"], each["interface-id"], direction(database, each), each["action"])
        counted[(*key, int(each["protocol"]), port)] += 1
    view = database.generated.views[database.format]
    assert view["originalSql"] == database.generated.queries[database.format]["daily"]
    found = database.rows(view["originalSql"])
    assert {row[:7]: row[7] for row in found} == dict(counted)
    assert len(view["columns"]) == len(found[0])


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real samples below {REAL} (set FLOWCHECK_REAL_DATA)")
def test_records_that_aws_wrote_are_found(generated: Generated, tmp_path: Path) -> None:
    """In the default format, of several accounts of other projects; each day of theirs is asked as if it were today."""
    records = real(REAL)
    written = lines(records, generated.formats["default"])
    for name, port in PORTS.items():
        wanted = [is_login(record, port) for record in records]
        assert any(wanted) or name == "web"
        assert [Space.parse(generated.patterns["default"][name]).matches(line) for line in written] == wanted
    days = {datetime.fromtimestamp(int(record["end"]), UTC).replace(hour=0, minute=0, second=0) for record in records}
    assert len(days) > 3
    for day in days:
        past = [each for each in records if int(each["end"]) < (day + timedelta(days=1)).timestamp()]
        one = Database(generated, "default", tmp_path / f"{day:%Y-%m-%d}", past, day)
        logins = one.within(lambda each: is_login(each, 22) or is_login(each, 3389))
        found = one.query("rejected-logins")
        assert sum(row[2] for row in found) == len(logins)
        assert {row[0] for row in found} == {each["srcaddr"] for each in logins}


def test_queries_of_athena_are_athenas(generated: Generated, format_: str) -> None:
    for sql in generated.queries[format_].values():
        statement = sqlglot.parse_one(sql, read="athena")
        names = {column.name for column in statement.find_all(sqlglot.exp.Column)}
        known = {field.replace("-", "_") for field in generated.formats[format_]}
        aliases = {alias.alias for alias in statement.find_all(sqlglot.exp.Alias)}
        assert names <= known | {"year", "month", "day"} | aliases
