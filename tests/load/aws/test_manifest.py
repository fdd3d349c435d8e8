"""The manifest says who took a snapshot, of what, and what failed; it and the journal keep to the published schema."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker.errors import InputError
from checker.load.aws.directory import JOURNAL, DirectoryStore
from checker.load.aws.manifest import MANIFEST, has_manifest, read_manifest, scopes_of
from tests.load.aws.made import ACCOUNT, AT, OTHER, REGION, failed, flow_log, reply

SCHEMA = json.loads(files("checker.load.aws").joinpath("snapshot.schema.json").read_text(encoding="utf-8"))
REPLIES = (
    reply("ec2:DescribeVpcs", Vpcs=[{"VpcId": f"vpc-{n:017x}"} for n in range(5000)]),
    reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(CreationTime=AT)]),
    failed("ec2:DescribeSubnets"),
    failed("s3:GetBucketPolicy", "logs", code="NoSuchBucketPolicy"),
)  # fmt: skip


def problems(content: Any, part: str | None = None) -> list[str]:
    schema = SCHEMA if part is None else {"$defs": SCHEMA["$defs"], "$ref": part}
    return [error.message for error in Draft202012Validator(schema).iter_errors(content)]


def begun(folder: Path, *, mask: bool = False) -> DirectoryStore:
    store = DirectoryStore.create(folder, mask=mask)
    for scope in ((OTHER, REGION), (ACCOUNT, REGION)):
        store.add_scope(*scope)
    for each in REPLIES:
        store.put(each)
    return store


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


FACTS = {"taken_at": AT.isoformat(), "caller": f"arn:aws:iam::{ACCOUNT}:user/jane", "tool_version": "1", "failed": 1}


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_manifest_and_journal_keep_to_the_schema(tmp_path: Path, *, mask: bool, ended: bool) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    store = begun(tmp_path / "s", mask=mask)
    if ended:
        store.close({**FACTS, "gaps": 2})
    assert problems(manifest_of(tmp_path / "s")) == []
    lines = [json.loads(line) for line in (tmp_path / "s" / JOURNAL).read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(REPLIES)
    assert [problem for line in lines for problem in problems(line, "#/$defs/call")] == []


def test_the_schema_finds_what_is_wrong(tmp_path: Path) -> None:
    begun(tmp_path / "s").close(FACTS)
    whole = manifest_of(tmp_path / "s")
    for name, wrong in (("schema_version", "2"), ("scopes", [["1"]]), ("journal_sha256", "x"), ("complete", "yes")):
        assert problems({**whole, name: wrong}), name
    assert problems({name: value for name, value in whole.items() if name != "journal_sha256"})
    line = json.loads((tmp_path / "s" / JOURNAL).read_text(encoding="utf-8").splitlines()[0])
    for name in ("file", "sha256", "request", "requested_at"):
        assert problems({key: value for key, value in line.items() if key != name}, "#/$defs/call"), name


def test_it_says_who_when_what_failed_and_vouches_for_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    begun(folder).close(FACTS)
    whole = manifest_of(folder)
    assert {name: whole[name] for name in FACTS} == FACTS
    assert whole["complete"] is True
    assert scopes_of(whole) == [(ACCOUNT, REGION), (OTHER, REGION)]
    assert whole["failures"] == [
        {"account": ACCOUNT, "region": REGION, "call": "ec2:DescribeSubnets", "resource": None, "code": "AccessDenied",
         "message": "said AWS"}
    ]  # fmt: skip
    assert whole["journal_sha256"] == hashlib.sha256((folder / JOURNAL).read_bytes()).hexdigest()
    told = {}
    for line in (folder / JOURNAL).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "file" in entry:
            told[entry["file"]] = entry["sha256"]
    lying = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (MANIFEST, JOURNAL)
    }
    assert told == lying
    assert sorted(Path(name).name for name in lying) == ["DescribeFlowLogs.json", "DescribeVpcs.json.gz"]


def test_while_a_run_lasts_it_names_what_is_to_be_examined(tmp_path: Path) -> None:
    begun(tmp_path / "s")
    whole = read_manifest(tmp_path / "s")
    assert whole["complete"] is False
    assert scopes_of(whole) == [(ACCOUNT, REGION), (OTHER, REGION)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"), ("[]", "no schema_version"), ("{}", "no schema_version"), ("null", "no schema_version"),
        ('{"schema_version": 1}', "no schema_version"), ("\0", "not JSON"), ("[" * 100_000, "too deeply"),
        ("{", "not JSON"), ('{"schema_version": "2"}', "version '2'"), ('{"schema_version": "10.0"}', "version '10.0'"),
        ('{"schema_version": NaN}', "NaN"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_read_is_an_input_error(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read_manifest(tmp_path)
    assert caught.value.hint


def test_later_forms_of_a_version_are_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"schema_version": "1.7", "scopes": [], "new": {}}', encoding="utf-8")
    assert read_manifest(tmp_path)["new"] == {}
    assert has_manifest(tmp_path)


def test_one_of_another_program_is_not_ours(tmp_path: Path) -> None:
    assert not has_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text('{"name": "an app"}', encoding="utf-8")
    assert not has_manifest(tmp_path)


@pytest.mark.parametrize(
    "scopes", [None, {}, "x", [1], [["a"]], [["a", 1]], [["", "b"]], [["a", "b", "c"]], [[["a"], "b"]]]
)
def test_odd_scopes_are_passed_over(scopes: object) -> None:
    assert scopes_of({"scopes": scopes}) == []
