"""The YAML reader: what it understands, where it says things stand, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.errors import PolicyError
from checker.policy.problem import Place, did_you_mean, steps_text
from checker.policy.reader import MAX_BYTES, MAX_DEPTH, read_document, read_text


def said(text: str, name: str = "p.yaml") -> str:
    with pytest.raises(PolicyError) as caught:
        read_text(text, name)
    assert caught.value.hint
    return str(caught.value)


SCALARS = [
    ("1", 1),
    ("-7", -7),
    ("1.5", 1.5),
    ("true", True),
    ("No", False),
    ("off", False),
    ("null", None),
    ("~", None),
    ('"no"', "no"),
    ("'1'", "1"),
    ("!!str 1", "1"),
    ("text", "text"),
    ("012345678901", "012345678901"),
    ("0x1F", "0x1F"),
    ("1_000", "1_000"),
    ("12:30:45", "12:30:45"),
    (".nan", ".nan"),
    ("1e5", "1e5"),
    ("2027-03-31", "2027-03-31"),
    ("9" * 5000, "9" * 5000),
    ("arn:aws:s3:::acme-logs/*", "arn:aws:s3:::acme-logs/*"),
]


@pytest.mark.parametrize(("text", "expected"), SCALARS, ids=[text[:20] for text, _ in SCALARS])
def test_a_plain_value_becomes_what_a_policy_can_mean(text: str, expected: object) -> None:
    found = read_text(f"- {text}", "p.yaml").data
    assert found == [expected]
    assert type(found[0]) is type(expected)  # type: ignore[index]


def test_every_value_and_key_knows_its_place() -> None:
    document = read_text("a: 1\nb:\n  - c: [x, y]\n", "p.yaml")
    assert document.data == {"a": 1, "b": [{"c": ["x", "y"]}]}
    assert document.places[("b", 0, "c", 1)] == Place(3, 12)
    assert document.keys[("b", 0, "c")] == Place(3, 5)
    assert document.keys[("b",)] == Place(2, 1)


def test_a_problem_without_a_place_of_its_own_stands_at_its_nearest_parent() -> None:
    document = read_text("a:\n  b: {}\n", "p.yaml")
    assert str(document.problem(("a", "b", "missing", 3), "is missing")) == "p.yaml:2:6: a.b.missing[3]: is missing"


def test_an_alias_is_copied_out() -> None:
    document = read_text("a: &x {k: 1}\nb: *x\n", "p.yaml")
    assert document.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.places[("b", "k")] == Place(1, 11)


def test_json_is_read_with_tabs_and_places() -> None:
    document = read_text('{\n\t"version": 1,\n\t"name": "x"\n}\n', "p.json")
    assert document.data == {"version": 1, "name": "x"}
    assert document.keys[("name",)] == Place(3, 2)


REFUSED = [
    ("", "p.yaml: the file is empty"),
    ("# only a comment\n", "p.yaml: the file is empty"),
    ("null", "p.yaml: the file is empty"),
    ("\tversion: 1", "p.yaml:1:1: not YAML: "),
    ("a: [1, 2", "not YAML: "),
    ("a: 1\nb: }", "p.yaml:2:4: not YAML: "),
    ("a: 'x", "not YAML: "),
    ("a: 1\na: 2", "p.yaml:2:1: a: given twice, first on line 1"),
    ("r:\n  x: {k: 1, k: 2}", "p.yaml:2:13: r.x.k: given twice, first on line 2"),
    ("1: x", "p.yaml:1:1: a key must be text; put it in quotes"),
    ("on: x", "p.yaml:1:1: a key must be text; put it in quotes"),
    ("? [a]\n: x", "p.yaml:1:3: a key must be text; put it in quotes"),
    ("a: &x {k: 1}\nb:\n  <<: *x", "p.yaml:3:3: b: merge keys (<<) are not supported; use extends"),
    ("a: *nowhere", "p.yaml:1:4: there is no anchor &nowhere"),
    (
        "a: !!python/object/apply:os.system [x]",
        "the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
    ),
    ("a: !!int x", "the tag tag:yaml.org,2002:int is not allowed"),
    ("a: !Ref x", "p.yaml:1:4: the tag !Ref is not allowed"),
    ("a: 1\n---\nb: 2", "p.yaml:2:1: a second document (---): one file holds one"),
    ("a: \x00", "p.yaml:1:4: not YAML: "),
    ("[" * 100_000, f"nested deeper than {MAX_DEPTH} levels"),
    ("a: &x [*x]", f"nested deeper than {MAX_DEPTH} levels"),
    ("a: &x [*x, *x]", f"nested deeper than {MAX_DEPTH} levels"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[text[:30] for text, _ in REFUSED])
def test_what_is_no_plain_yaml_is_refused_with_its_place(text: str, expected: str) -> None:
    assert expected in said(text)


def test_aliases_cannot_grow_without_bound() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
    )
    assert "more than 200000 values" in said(bomb)


def test_all_mistakes_of_a_file_are_named_at_once() -> None:
    assert said("a: 1\na: 2\n3: x\n").splitlines() == [
        "p.yaml:2:1: a: given twice, first on line 1",
        "p.yaml:3:1: a key must be text; put it in quotes",
    ]


def test_many_mistakes_are_cut_and_counted() -> None:
    lines = said("\n".join(f"{number}: x" for number in range(100))).splitlines()
    assert len(lines) == 41
    assert lines[-1] == "and 60 more"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xff\n", ":2: not UTF-8 text"),
        ("a: 1".encode("utf-16"), ":1: not UTF-8 text"),
        (b"#" * (MAX_BYTES + 1), "larger than 4 MiB"),
    ],
    ids=["latin-1", "utf-16", "huge"],
)
def test_what_is_no_text_of_reasonable_size_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(data)
    with pytest.raises(PolicyError) as caught:
        read_document(path, "policy")
    assert expected in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(path, "policy").data == {"a": 1}


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(PolicyError, match="the policy file cannot be read") as caught:
            read_document(path, "policy")
        assert path.as_posix() in str(caught.value)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("FL01", " (did you mean 'FL001'?)"), ("fl003", " (did you mean 'FL003'?)"), ("banana", "")],
)
def test_the_nearest_word_is_offered_only_when_near(word: str, expected: str) -> None:
    assert did_you_mean(word, ["FL001", "FL003"]) == expected


def test_steps_are_written_as_a_person_would() -> None:
    assert steps_text(("select", 0, "match", "tag", "a b", "x-y")) == 'select[0].match.tag."a b".x-y'
