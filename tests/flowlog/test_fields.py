"""The table of fields, formats and headers, and what a record of a format looks like."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.fields import BY_NAME, FIELDS, NEEDED, fields_of, misfit, missing_for_analysis, record_pattern
from checker.model.log_format import DEFAULT_FIELDS, TRANSIT_DEFAULT_FIELDS
from tests.flowlog.made import V5, v2, v5

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "flow-log-fields.json"


@pytest.mark.shared
@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"no {REFERENCE}")
def test_the_table_is_that_of_the_reference() -> None:
    told = json.loads(REFERENCE.read_text())["fields"]
    assert {(each.name, each.version, each.type) for each in FIELDS} == {
        (each["name"], each["version"], each["type"]) for each in told
    }


def test_versions_run_from_2_to_11_and_default_formats_are_of_known_fields() -> None:
    assert {each.version for each in FIELDS} == {2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
    assert len(BY_NAME) == len(FIELDS)
    assert {*DEFAULT_FIELDS, *TRANSIT_DEFAULT_FIELDS, *NEEDED} <= BY_NAME.keys()
    assert all(each.meaning and each.type in ("STRING", "INT_32", "INT_64") for each in FIELDS)


FORMATS = [
    pytest.param("${version} ${interface-id} ${srcaddr}", ("version", "interface-id", "srcaddr"), id="format"),
    pytest.param("version interface-id srcaddr", ("version", "interface-id", "srcaddr"), id="header"),
    pytest.param("version interface_id pkt_srcaddr", ("version", "interface-id", "pkt-srcaddr"), id="underscores"),
    pytest.param("version,interface_id,srcaddr\r\n", ("version", "interface-id", "srcaddr"), id="commas"),
    pytest.param('"version","interface_id", "srcaddr"', ("version", "interface-id", "srcaddr"), id="quoted"),
    pytest.param("Version Action", ("version", "action"), id="capitals"),
    pytest.param("\ufeffversion action", ("version", "action"), id="byte order mark"),
    pytest.param("version srcaddr brand-new-field", ("version", "srcaddr", "brand-new-field"), id="unknown kept"),
    pytest.param("${action}", ("action",), id="one field in braces"),
    pytest.param("action", None, id="one bare word is no header"),
    pytest.param("version new-one new-two new-three", None, id="mostly unknown"),
    pytest.param("${version} srcaddr", None, id="half in braces"),
    pytest.param("srcaddr srcaddr", None, id="twice the same"),
    pytest.param("${srcaddr}${dstaddr}", None, id="no blank between"),
    pytest.param("", None, id="nothing"),
    pytest.param("   ", None, id="blanks"),
    pytest.param("the start and the end of a region", None, id="prose"),
    pytest.param(v2(), None, id="a record"),
    pytest.param("2 123456789012 eni-1 - - - - - - - 1 2 - NODATA", None, id="a record without data"),
    pytest.param("version action " * 2000, None, id="too long"),
]


@pytest.mark.parametrize(("text", "wanted"), FORMATS)
def test_formats_and_headers_are_read(text: str, wanted: tuple[str, ...] | None) -> None:
    assert fields_of(text) == wanted


@given(
    st.lists(st.sampled_from(sorted(BY_NAME)), min_size=2, unique=True), st.sampled_from([" ", "  ", "\t", ",", ";"])
)
def test_every_header_is_read_back(names: list[str], between: str) -> None:
    assert fields_of(between.join(names)) == tuple(names)
    assert fields_of(between.join(name.replace("-", "_") for name in names)) == tuple(names)
    assert fields_of(" ".join(f"${{{name}}}" for name in names)) == tuple(names)


@given(st.text())
def test_any_text_is_a_format_or_none(text: str) -> None:
    found = fields_of(text)
    assert found is None or any(name in BY_NAME for name in found)


MISSING = [
    pytest.param(DEFAULT_FIELDS, (), id="default"),
    pytest.param(tuple(name.replace("-", "_") for name in DEFAULT_FIELDS), (), id="Parquet columns"),
    pytest.param(tuple(set(DEFAULT_FIELDS) - {"action"}), ("action",), id="no action"),
    pytest.param(TRANSIT_DEFAULT_FIELDS, ("interface-id", "action"), id="transit gateway"),
    pytest.param((), NEEDED, id="nothing"),
]


@pytest.mark.parametrize(("fields", "wanted"), MISSING)
def test_what_the_analysis_lacks_is_named(fields: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert missing_for_analysis(fields) == wanted


RECORDS = [
    pytest.param(DEFAULT_FIELDS, v2(), None, id="v2"),
    pytest.param(
        DEFAULT_FIELDS, "2 unknown eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA", None, id="no data"
    ),
    pytest.param(
        DEFAULT_FIELDS,
        "2 123456789012 eni-f41c42bf 2001:db8::1 2001:db8::2 34892 22 58 54 8855 1477913708 1477913820 ACCEPT OK",
        None,
        id="IPv6",
    ),
    pytest.param(V5, v5(), None, id="v5"),
    pytest.param((*V5[:3], "brand-new"), "5 eni-1 10.0.0.1 any.thing=goes", None, id="unknown field"),
    pytest.param(DEFAULT_FIELDS, v2() + " ", "15 values for 14 fields", id="blank at the end"),
    pytest.param(DEFAULT_FIELDS, v2().rsplit(" ", 1)[0], "13 values for 14 fields", id="one short"),
    pytest.param(DEFAULT_FIELDS, v2().replace(" ", "  ", 1), "15 values", id="two blanks"),
    pytest.param(DEFAULT_FIELDS, v2().replace("REJECT", "REJECTED"), "action holds 'REJECTED'", id="no action"),
    pytest.param(DEFAULT_FIELDS, v2().replace(" 443 ", " https "), "dstport holds 'https'", id="port by name"),
    pytest.param(DEFAULT_FIELDS, v2().replace(" 443 ", " 443443 "), "dstport", id="port too long"),
    pytest.param(DEFAULT_FIELDS, v2().replace("1795255200", "-"), "start holds '-'", id="no time"),
    pytest.param(DEFAULT_FIELDS, v2().replace("1795255200", "9" * 19), "start", id="more than 64 bits"),
    pytest.param(DEFAULT_FIELDS, v2().replace("10.0.1.9", "host.example"), "dstaddr", id="a name"),
    pytest.param(DEFAULT_FIELDS, v2().replace(" 443 ", " ４４３ "), "dstport", id="digits of another script"),
]


@pytest.mark.parametrize(("fields", "line", "why"), RECORDS)
def test_records_of_a_format_are_told_from_near_misses(fields: tuple[str, ...], line: str, why: str | None) -> None:
    said = misfit(fields, line.split(" "))
    assert bool(record_pattern(fields).fullmatch(line)) == (said is None) == (why is None)
    assert why is None or why in str(said)


def test_a_value_that_is_shown_cannot_write_to_the_terminal() -> None:
    said = misfit(("version", "action"), ["2", "\x1b[31m" + "x" * 100])
    assert said is not None
    assert "\x1b" not in said
    assert len(said) < 80
