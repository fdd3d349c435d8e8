"""Waiver files and waivers in comments: what is read, and how mistakes are said."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from checker.errors import PolicyError
from checker.model.loaded import InlineWaiver
from checker.model.origin import Origin, Source
from checker.policy import Waiver, load_waivers, waivers_from_inline
from tests.policy.samples import RULES, write

ENTRY = """\
version: 1
waivers:
  - rule: {rule}
    scope: {scope}
    reason: {reason}
    owner: {owner}
    until: {until}
"""
DEFAULTS = {
    "rule": "FL003",
    "scope": "{address: aws_flow_log.this}",
    "reason": "no Nitro yet",
    "owner": "netops@example.com",
    "until": "2027-03-31",
}


def read(folder: Path, **parts: str) -> tuple[Waiver, ...]:
    return load_waivers(write(folder, ENTRY.format(**{**DEFAULTS, **parts}), "waivers.yaml"), RULES)


def test_an_entry_becomes_a_waiver_that_knows_its_line(tmp_path: Path) -> None:
    scope = '{address: "module.legacy[*].aws_flow_log.*", account: "111122223333", region: eu-*, tag: {env: dev}}'
    (found,) = read(tmp_path, scope=scope, rule="[FL003, flow-log-destination-unprotected, flow-log-interval]")
    assert found.rules == ("FL003", "FL006")
    assert (found.address, found.account, found.region, found.arn) == (
        "module.legacy[*].aws_flow_log.*",
        "111122223333",
        "eu-*",
        None,
    )
    assert found.tags == {"env": "dev"}
    assert (found.reason, found.owner, found.until) == ("no Nitro yet", "netops@example.com", date(2027, 3, 31))
    assert (Path(str(found.origin.path)).name, found.origin.line) == ("waivers.yaml", 3)


def test_an_end_date_is_optional_and_may_be_quoted(tmp_path: Path) -> None:
    assert read(tmp_path, until='"2027-03-31"')[0].until == date(2027, 3, 31)
    text = ENTRY.format(**DEFAULTS).replace("    until: 2027-03-31\n", "")
    assert load_waivers(write(tmp_path, text, "w.yaml"), RULES)[0].until is None


def test_a_file_may_hold_no_waivers(tmp_path: Path) -> None:
    assert load_waivers(write(tmp_path, "version: 1\nwaivers: []", "w.yaml"), RULES) == ()


MISTAKES = [
    ({"rule": "FL999"}, '3:11: waivers[0].rule: "FL999" is not allowed'),
    ({"rule": "FL03"}, "(did you mean 'FL003'?)"),
    ({"rule": "[FL003, FL999]"}, '3:19: waivers[0].rule[1]: "FL999" is not allowed'),
    ({"rule": "'*'"}, '3:11: waivers[0].rule: "*" is not allowed'),
    ({"rule": "[]"}, "3:11: waivers[0].rule: the list is empty"),
    ({"scope": "{}"}, "4:12: waivers[0].scope: nothing is given; allowed: account, address, arn, region, root, tag"),
    ({"scope": "{address: module.legacy.*}"}, "module.legacy alone covers everything in that module"),
    ({"scope": "{adress: aws_vpc.x}"}, "4:13: waivers[0].scope.adress: unknown key 'adress' (did you mean 'address'?)"),
    ({"scope": "{account: 111122223333}"}, "expected text, found 111122223333; put it in quotes"),
    ({"scope": "{account: '1111'}"}, '"1111" is not allowed; expected twelve digits'),
    ({"scope": "{arn: acme-logs}"}, "'acme-logs' is not an ARN"),
    ({"reason": "''"}, "5:13: waivers[0].reason: must not be empty"),
    ({"reason": "'  '"}, "5:13: waivers[0].reason: must not be blank"),
    ({"owner": ""}, "waivers[0].owner: expected text, found nothing"),
    ({"until": "soon"}, "7:12: waivers[0].until: 'soon' is not a date such as 2027-03-31"),
    ({"until": "31.03.2027"}, "'31.03.2027' is not a date such as 2027-03-31"),
    ({"until": "20270331"}, "expected text, found 20270331; put it in quotes"),
    ({"until": "2027-02-29"}, "'2027-02-29' is not a day of the calendar"),
    ({"until": "2027-3-31"}, "'2027-3-31' is not a date such as 2027-03-31"),
]


@pytest.mark.parametrize(("parts", "expected"), MISTAKES, ids=[str(parts) for parts, _ in MISTAKES])
def test_a_mistake_is_said_with_its_place_and_what_is_allowed(
    tmp_path: Path, parts: dict[str, str], expected: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        read(tmp_path, **parts)
    assert expected in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("missing", ["rule", "scope", "reason", "owner"])
def test_what_a_waiver_must_say_is_demanded(tmp_path: Path, missing: str) -> None:
    lines = [line for line in ENTRY.format(**DEFAULTS).splitlines() if f"{missing}:" not in line]
    text = "\n".join(lines).replace("waivers:\n    ", "waivers:\n  - ")
    with pytest.raises(PolicyError, match=f"waivers\\[0\\]: '{missing}' is missing"):
        load_waivers(write(tmp_path, text, "w.yaml"), RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "expected a mapping, found a list"),
        ("version: 1", "'waivers' is missing"),
        ("version: 3\nwaivers: []", "version: 3 is not allowed; allowed: 1"),
        ("version: 1\nname: x\nrules: {}", "this is a policy; give it with --policy"),
        ("version: 1\nwaivers: {rule: FL003}", "expected a list, found a mapping"),
        ("", "the file is empty"),
    ],
)
def test_a_file_of_the_wrong_kind_is_told_apart(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_waivers(write(tmp_path, text, "w.yaml"), RULES)
    assert expected in str(caught.value)


def comment(**given: Any) -> InlineWaiver:
    defaults = {
        "rules": ("FL003",),
        "address": "module.legacy",
        "root": "live",
        "reason": "no Nitro yet",
        "owner": None,
        "until": date(2027, 3, 31),
        "origin": Origin(source=Source.HCL, path="live/main.tf", line=7),
    }
    return InlineWaiver(**{**defaults, **given})


def test_a_comment_becomes_a_waiver_for_its_root_module() -> None:
    (found,), notes = waivers_from_inline([comment(rules=("fl003", "vpc-flow-log-missing"))], RULES)
    assert notes == []
    assert found.rules == ("FL003", "FL001")
    assert (found.address, found.root, found.reason, found.until) == (
        "module.legacy",
        "live",
        "no Nitro yet",
        date(2027, 3, 31),
    )
    assert found.origin.line == 7


BROKEN = [
    ({"error": "the date 'soon' is none"}, "the date 'soon' is none"),
    ({"reason": None}, "it gives no reason"),
    ({"reason": "  "}, "it gives no reason"),
    ({"rules": ("FL03",)}, "there is no rule 'FL03' (did you mean 'FL003'?)"),
    ({"rules": ("FL003", "FL99")}, "there is no rule 'FL99'"),
    ({"rules": ()}, "it names no rule"),
    ({"address": 'aws_vpc.a["'}, "is not an address"),
]


@pytest.mark.parametrize(("given", "expected"), BROKEN, ids=[expected for _, expected in BROKEN])
def test_a_broken_comment_waives_nothing_and_is_reported(given: dict[str, Any], expected: str) -> None:
    waivers, notes = waivers_from_inline([comment(**given), comment()], RULES)
    assert len(waivers) == 1
    assert len(notes) == 1
    assert notes[0].startswith("the waiver at live/main.tf:7 waives nothing: ")
    assert expected in notes[0]
