"""Sections of a document: each decoded by itself, little kept."""

import json
from typing import Any

import pytest

from checker.errors import PlanError
from checker.load.terraform.document import decode, decode_at, sections


def read(text: str) -> dict[str, Any]:
    return {section.name: section.value for section in sections(text, "x.json", lambda _: None)}


@pytest.mark.parametrize(
    "value",
    [{}, {"a": 1}, {"a": {"b": [1, "]", "}", "\\", '"']}, "c": None}, {"": ""}, {"a": 1.5e3, "b": True}],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_sections_are_what_the_json_module_reads(value: Any, indent: int | None) -> None:
    assert read(json.dumps(value, indent=indent)) == value


@pytest.mark.parametrize(
    "text", ["{", "{,}", '{"a"}', '{"a":}', '{"a":1', '{"a":1 "b":2}', "{1:2}", '{"a":1}}', "{'a':1}", '{"a":']
)
def test_what_the_json_module_refuses_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    with pytest.raises(PlanError):
        read(text)


def test_lines_and_columns_are_those_of_an_editor() -> None:
    with pytest.raises(PlanError, match=r"^x\.json:3:8: "):
        read('{\n  "a": 1,\n  "b": ?\n}')


def test_each_section_has_its_own_hook_and_can_be_decoded_again() -> None:
    text = '{"keep": {"x": {"y": 1}}, "drop": {"x": {"y": 1}}}'
    found = {s.name: s for s in sections(text, "x", lambda name: (lambda _: None) if name == "drop" else None)}
    assert found["keep"].value == {"x": {"y": 1}}
    assert found["drop"].value is None
    assert decode_at(text, found["drop"].start, "x", None)[0] == {"x": {"y": 1}}


def test_the_last_of_two_equal_members_counts_as_in_json() -> None:
    assert read('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'"\ud800"', '"\\ufffd"'),
        (rb'"\udc00x"', '"\\ufffdx"'),
        (rb'"\ud83d\ude00"', '"\\ud83d\\ude00"'),
        (rb'"\ud83d\ud83d\ude00"', '"\\ufffd\\ud83d\\ude00"'),
        (rb'"\\ud800"', '"\\\\ud800"'),
        (rb'"\\\ud800"', '"\\\\\\ufffd"'),
    ],
)
def test_only_lone_halves_of_characters_are_replaced(raw: bytes, expected: str) -> None:
    assert decode(raw, "x") == expected
    json.loads(expected).encode()
