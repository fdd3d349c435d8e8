"""Records out of JSON: CloudWatch's commands, exports and subscriptions, Kinesis, Firehose, search engines."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from checker.flowlog.json_stream import Broken, values
from checker.flowlog.part import FormatHints
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import V5, got_file, hints, v2, v5

BY_FIELD = dict(zip(DEFAULT_FIELDS, v2(1).split(), strict=True))


def message(*records: str, group: str = "/vpc/flow") -> dict[str, Any]:
    """Return what a subscription delivers."""
    events = [{"id": str(n), "timestamp": 1795255200000, "message": each} for n, each in enumerate(records)]
    return {"messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": group, "logStream": "eni-1-all",
            "subscriptionFilters": ["all"], "logEvents": events}  # fmt: skip


CONTROL = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
           "subscriptionFilters": [], "logEvents": [{"id": "", "timestamp": 1, "message": "CWL"}]}  # fmt: skip


def code(value: Any, *, packed: bool = True) -> str:
    data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return base64.b64encode(gzip.compress(data, mtime=0) if packed else data).decode()


def dumped(*values: Any, between: str = "\n", indent: int | None = None) -> bytes:
    return between.join(json.dumps(each, indent=indent) for each in values).encode()


EVENTS = {
    "events": [{"logStreamName": "eni-1-all", "timestamp": 1, "message": v2(n), "eventId": "1"} for n in range(3)],
    "searchedLogStreams": [{"logStreamName": "eni-1-all", "searchedCompletely": True}],
    "nextToken": "x",
}
THREE = [v2(0), v2(1), v2(2)]

WRAPPED = [
    pytest.param(dumped(EVENTS), THREE, id="filter-log-events"),
    pytest.param(dumped(EVENTS, indent=4), THREE, id="filter-log-events, indented"),
    pytest.param(dumped(EVENTS, EVENTS, indent=4), THREE * 2, id="two outputs, one behind the other"),
    pytest.param(dumped({"nextToken": "x", **EVENTS}), THREE, id="events not first"),
    pytest.param(dumped(EVENTS["events"]), THREE, id="--query events"),
    pytest.param(dumped([each["message"] for each in EVENTS["events"]]), THREE, id="--query events[].message"),
    pytest.param(dumped(message(*THREE)), THREE, id="subscription"),
    pytest.param(dumped(message(v2(0)), message(v2(1), v2(2)), between=""), THREE, id="Firehose, nothing between"),
    pytest.param(dumped(CONTROL, message(*THREE), between=""), THREE, id="control message"),
    pytest.param(dumped({"awslogs": {"data": code(message(*THREE))}}), THREE, id="event of Lambda"),
    pytest.param(
        dumped({"Records": [{"kinesis": {"data": code(message(each))}, "eventID": "1"} for each in THREE]}),
        THREE, id="event of Kinesis",
    ),
    pytest.param(
        dumped({"Records": [{"kinesis": {"data": code(each, packed=False)}} for each in THREE]}), THREE,
        id="records themselves in Kinesis",
    ),
    pytest.param(
        dumped({"invocationId": "x", "records": [{"recordId": "1", "data": code(message(*THREE))}]}), THREE,
        id="event of Firehose",
    ),
    pytest.param(code(message(*THREE)).encode(), THREE, id="base64 alone"),
    pytest.param("\n".join(code(message(each)) for each in THREE).encode(), THREE, id="base64, a line each"),
    pytest.param(dumped(*({"message": each} for each in THREE), between=""), THREE, id="Firehose, objects joined"),
    pytest.param(dumped(*({"message": each} for each in THREE)), THREE, id="JSON lines"),
    pytest.param(dumped(*({"message": each + "\n"} for each in THREE)), THREE, id="messages that end in a line end"),
    pytest.param(dumped({"message": "\n".join(THREE)}), THREE, id="several records in a message"),
    pytest.param(dumped({"message": json.dumps({"message": THREE[0]})}), THREE[:1], id="JSON in a message"),
    pytest.param(dumped({"event": {"original": THREE[0]}, "message": THREE[0]}), THREE[:1], id="shipped by Elastic"),
    pytest.param(dumped(BY_FIELD), [v2(1)], id="by field"),
    pytest.param(dumped({name.replace("-", "_"): each for name, each in BY_FIELD.items()}), [v2(1)], id="underscores"),
    pytest.param(dumped({"aws": {"vpc": BY_FIELD}, "body": "other"}), [v2(1)], id="by field, further in"),
    pytest.param(dumped({f"aws.vpc.{name}": each for name, each in BY_FIELD.items()}), [v2(1)], id="by dotted field"),
    pytest.param(
        dumped({"results": [[{"field": "@message", "value": each}, {"field": "@ptr", "value": 1}] for each in THREE]}),
        THREE, id="Logs Insights",
    ),
    pytest.param(b"\xef\xbb\xbf" + dumped(message(*THREE)), THREE, id="byte order mark"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "records"), WRAPPED)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_records_come_out_of_every_wrapping(tmp_path: Path, content: bytes, records: list[str], packed: bool) -> None:
    stored = gzip.compress(content, mtime=0) if packed else content
    found = got_file(tmp_path, stored)
    assert found.gaps == []
    assert found.records == records
    assert (found.part.files, found.part.size) == (1, len(stored))
    assert found.part.origin == (tmp_path / "flow.log").as_posix()


def test_an_object_of_several_packed_members_is_read_whole(tmp_path: Path) -> None:
    content = b"".join(gzip.compress(dumped(message(each))) for each in THREE)
    assert got_file(tmp_path, content).records == THREE


def test_the_log_group_tells_the_format(tmp_path: Path) -> None:
    content = dumped(message(v5(1), group="/five"), message(v2(1), group="/two"))
    given = hints(by_log_group={"/five": V5})
    found = got_file(tmp_path, content, given=given)
    assert {each.fields: lines for each, lines in zip(found.parts, found.lines, strict=True)} == {
        V5: [v5(1)], DEFAULT_FIELDS: [v2(1)],
    }  # fmt: skip
    assert [each.told_by for each in found.parts] == ["flow-log", "default"]
    lost = got_file(tmp_path, content)
    assert lost.records == [v2(1)]
    assert "13 values for 14 fields" in lost.causes[0]


def test_values_become_what_a_text_record_holds(tmp_path: Path) -> None:
    value = {"srcAddr": "10.0.0.1", "dstAddr": None, "dstPort": 22, "srcPort": 40000.0, "start": "2026-11-21T10:00:00Z",
             "end": "2026-11-21 10:01:00+00:00", "action": "REJECT", "interfaceId": "eni-1",
             "extra": "left out"}  # fmt: skip
    found = got_file(tmp_path, dumped(value))
    assert found.part.fields == ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "start", "end", "action")
    assert found.records == ["eni-1 10.0.0.1 - 40000 22 1795255200 1795255260 REJECT"]
    assert "end holds 'never'" in got_file(tmp_path, dumped({**value, "end": "never"})).causes[0]


TROUBLE = [
    pytest.param(dumped(message(*THREE))[:-30] , hints(), [], "its JSON holds no flow log records", id="cut off"),
    pytest.param(dumped(message(*THREE), message(v2(3)))[:-30], hints(), THREE, "it is cut off", id="second cut off"),
    pytest.param(dumped(EVENTS)[:-150], hints(), [], None, id="an event cut off"),
    pytest.param(dumped({"message": v2(0)}) + b'\n{"message": nonsense}\n' + dumped({"message": v2(1)}),
                 hints(), [v2(0), v2(1)], "it is no JSON: Expecting value", id="a broken line"),
    pytest.param(b"[" * 100000, hints(), [], "its JSON holds no flow log records", id="endless nesting"),
    pytest.param(b'{"a":' * 100000, hints(), [], "its JSON holds no flow log records", id="endless nesting of objects"),
    pytest.param(dumped({"name": "my-app", "version": "1.0"}), hints(), [], "its JSON holds no flow log records",
                 id="JSON of something else"),
    pytest.param(dumped(message("somebody says hello")), hints(), [], "1 line is no record", id="another's group"),
    pytest.param(dumped({"awslogs": {"data": "!!"}}, message(*THREE)), hints(), THREE, "no base64", id="no base64"),
    pytest.param(dumped({"awslogs": {"data": code("x")[:-12]}}, message(*THREE)), hints(), THREE, "cut off",
                 id="data cut off"),
    pytest.param(dumped({**BY_FIELD, "action": "PERHAPS"}, message(*THREE)), hints(), THREE, "action holds 'PERHAPS'",
                 id="a value that cannot be"),
    pytest.param(dumped(message(v5())), hints(), [], "give --log-format", id="an unknown format"),
    pytest.param(b"{" + b"1" * 5000 + b"}", hints(), [], "its JSON holds no flow log records", id="a huge number"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "given", "records", "said"), TROUBLE)
def test_broken_json_loses_no_more_than_it_must(
    tmp_path: Path, content: bytes, given: FormatHints, records: list[str], said: str | None
) -> None:
    found = got_file(tmp_path, content, given=given)
    assert said is None or found.records == records
    assert len(found.gaps) == 1
    assert said is None or said in found.causes[0]


def test_half_a_character_in_json_harms_nothing(tmp_path: Path) -> None:
    half = json.dumps({**BY_FIELD, "az-id": "\ud800"})
    found = got_file(tmp_path, f"{half}\n{json.dumps(BY_FIELD)}\n".encode())
    assert sorted(found.records) == [v2(1), f"{v2(1)} ?"]
    assert found.gaps == []


def test_control_messages_alone_are_no_gap(tmp_path: Path) -> None:
    found = got_file(tmp_path, dumped(CONTROL))
    assert (found.parts, found.gaps) == ([], [])


def test_a_bomb_inside_an_event_is_not_unpacked(tmp_path: Path) -> None:
    bomb = base64.b64encode(gzip.compress(b"x" * (80 << 20), 1)).decode()
    found = got_file(tmp_path, dumped({"awslogs": {"data": bomb}}, message(*THREE)))
    assert found.records == THREE
    assert "too large" in found.causes[0]


STREAMS = [
    pytest.param('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}], id="joined"),
    pytest.param('[1, [2, 3], {"a": []}, null] [4]', [1, [2, 3], {"a": []}, None, 4], id="list"),
    pytest.param('{"events": [{"a": 1}, {"b": 2}]} {"c": 3}', [{"a": 1}, {"b": 2}, {"c": 3}], id="events"),
    pytest.param('{"events": [], "x": {"y": [1]}} {"c": 3}', [{"c": 3}], id="no events, more members"),
    pytest.param('{"events": 3}', [{"events": 3}], id="events that are no list"),
    pytest.param('{"a": "\\u00e4\\"}{"}\n', [{"a": 'ä"}{'}], id="braces in text"),
    pytest.param("text here\n{}", ["text here", {}], id="a line that is no JSON"),
    pytest.param('{"a": tru}\n{"b": 1}', [Broken("it is no JSON: Expecting value"), {"b": 1}], id="no JSON"),
    pytest.param('{"a": [1, 2', [Broken("it is cut off")], id="cut off"),
    pytest.param("", [], id="nothing"),
]


@pytest.mark.parametrize(("text", "wanted"), STREAMS)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_values_are_found_wherever_the_pieces_are_cut(text: str, wanted: list[Any], piece: int) -> None:
    data = text.encode()
    found = list(values(data[at : at + piece] for at in range(0, len(data), piece)))
    assert found == wanted


def test_a_long_list_is_read_event_by_event() -> None:
    import tracemalloc

    def pieces() -> Any:
        yield b'{"events": ['
        for _ in range(400):
            yield b'{"message": "' + b"x" * 100000 + b'"},'
        yield b"{}]}"

    tracemalloc.start()
    try:
        assert sum(1 for _ in values(pieces())) == 401
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
