"""A snapshot gives what the run saw. Whatever else a folder holds is a gap or an error with a hint, never a crash."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.errors import InputError, UsageError
from checker.load.aws.call import Reply
from checker.load.aws.directory import JOURNAL, DirectoryStore, file_of
from checker.load.aws.manifest import MANIFEST
from checker.load.snapshot import load_snapshots
from checker.model.loaded import Loaded
from checker.model.origin import Source
from checker.model.record import replace
from checker.rules.engine import judge
from tests.load.aws.made import ACCOUNT, AT, EVERYTHING, OTHER, REGION, failed, flow_log, reply

VPCS = reply("ec2:DescribeVpcs", Vpcs=[{"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}])
LOGS = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(CreationTime=AT)])
REPLIES = (VPCS, LOGS, failed("ec2:DescribeSubnets"), reply("s3:ListBuckets", Buckets=[{"Name": "logs"}]))
FACTS = {"taken_at": AT.isoformat(), "caller": f"arn:aws:iam::{ACCOUNT}:user/jane", "tool_version": "1"}


def saved(folder: Path, *replies: Reply, account: str = ACCOUNT) -> Path:
    store = DirectoryStore.create(folder)
    store.add_scope(account, REGION)
    for each in replies:
        store.put(each)
    store.close(FACTS)
    return folder


def load(*folders: Path) -> Loaded:
    return load_snapshots(list(folders), groups=EVERYTHING)


def causes(loaded: Loaded) -> list[str]:
    return [gap.cause for gap in loaded.gaps]


def test_a_snapshot_tells_what_it_is(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    loaded = load(folder)
    (told,) = loaded.inputs
    assert (told.kind, told.path) == ("snapshot", folder.as_posix())
    assert told.sha256 == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert dict(told.facts) == {
        "accounts": ACCOUNT, "regions": REGION, "calls": "4", "failures": "1", "taken_at": FACTS["taken_at"],
        "caller": FACTS["caller"],
    }  # fmt: skip
    assert loaded.before is None
    (vpc,) = loaded.after.vpcs
    assert (vpc.origin.source, vpc.origin.path) == (Source.SNAPSHOT, f"{ACCOUNT}/{REGION}/ec2/DescribeVpcs.json")


def test_what_failed_is_unread_and_what_was_never_asked_too(tmp_path: Path) -> None:
    loaded = load(saved(tmp_path / "s", VPCS, failed("ec2:DescribeFlowLogs")))
    unread = loaded.after.unread_for("aws_flow_log", f"{ACCOUNT}/{REGION}")
    assert unread is not None
    assert "AccessDenied" in unread.reason
    statuses = {each.status.value for each in judge(loaded).findings if each.rule_id == "FL001"}
    assert statuses == {"unknown"}


def test_snapshots_of_several_accounts_are_one_network(tmp_path: Path) -> None:
    theirs = reply("ec2:DescribeVpcs", account=OTHER, Vpcs=[
        {"VpcId": "vpc-2", "OwnerId": OTHER, "CidrBlock": "10.1.0.0/16"}])  # fmt: skip
    one, two = saved(tmp_path / "1", *REPLIES), saved(tmp_path / "2", theirs, account=OTHER)
    loaded = load(one, two)
    assert [vpc.account for vpc in loaded.after.vpcs] == [ACCOUNT, OTHER]
    assert [each.path for each in loaded.inputs] == [one.as_posix(), two.as_posix()]
    file = file_of(VPCS.request)
    assert {str(vpc.origin.path) for vpc in loaded.after.vpcs} == {
        f"{one.as_posix()}/{file}", f"{two.as_posix()}/{file}".replace(ACCOUNT, OTHER),
    }  # fmt: skip


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_snapshots_of_one_account_the_newer_answer_counts(tmp_path: Path, turn: int) -> None:
    new = replace(VPCS, response={"Vpcs": []}, requested_at=AT.replace(year=2027))
    newest = replace(failed("ec2:DescribeFlowLogs"), requested_at=AT.replace(year=2028))
    folders = [saved(tmp_path / "old", VPCS, LOGS), saved(tmp_path / "new", new, newest)][::turn]
    loaded = load(*folders)
    assert loaded.after.vpcs == ()
    assert [log.key for log in loaded.after.flow_logs] == ["fl-1"], "a failure tells less than an older answer"


def test_without_its_manifest_a_snapshot_is_read_with_a_gap(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    (folder / MANIFEST).unlink()
    loaded = load(folder)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["vpc-1"]
    assert f"it has no {MANIFEST}: nothing vouches for what is in it" in causes(loaded)
    assert loaded.inputs[0].sha256 is None


def test_without_its_journal_the_listings_of_ec2_are_read_with_a_gap(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    (folder / JOURNAL).unlink()
    loaded = load(folder)
    assert [(vpc.key, vpc.account, vpc.region) for vpc in loaded.after.vpcs] == [("vpc-1", ACCOUNT, REGION)]
    assert f"the file is missing, though {MANIFEST} says that this is a snapshot" in causes(loaded)


def test_a_masked_snapshot_says_so(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s", mask=True)
    store.add_scope(ACCOUNT, REGION)
    store.put(VPCS)
    store.close(FACTS)
    (told,) = load(tmp_path / "s").inputs
    assert "masked" in told.facts
    assert ACCOUNT not in str(told.facts)


def test_an_interrupted_run_leaves_unknown_what_it_did_not_get_to(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s")
    for scope in ((ACCOUNT, REGION), (OTHER, "us-east-1")):
        store.add_scope(*scope)
    store.put(VPCS)
    loaded = load(tmp_path / "s")
    assert "the run that wrote it was interrupted" in causes(loaded)
    assert loaded.inputs[0].facts["accounts"] == f"{ACCOUNT}, {OTHER}"
    for scope in (f"{ACCOUNT}/{REGION}", f"{OTHER}/us-east-1"):
        assert loaded.after.unread_for("aws_flow_log", scope) is not None


def test_an_interrupted_masked_run_is_not_gone_on_with_in_clear_text(tmp_path: Path) -> None:
    DirectoryStore.create(tmp_path / "s", mask=True).put(VPCS)
    with pytest.raises(InputError, match="masked"):
        DirectoryStore.resume(tmp_path / "s", transient=())


def test_a_line_that_a_crash_cut_off_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    DirectoryStore.create(tmp_path / "s").put(VPCS)
    with (tmp_path / "s" / JOURNAL).open("ab") as journal:
        journal.write(b'{"request": {"acc')
    store = DirectoryStore.resume(tmp_path / "s", transient=())
    store.add_scope(ACCOUNT, REGION)
    store.put(LOGS)
    store.close(FACTS)
    loaded = load(tmp_path / "s")
    assert (len(loaded.after.vpcs), len(loaded.after.flow_logs)) == (1, 1)
    assert "the line cannot be read" not in causes(loaded)


def test_a_large_response_is_read_from_a_compressed_file(tmp_path: Path) -> None:
    many = reply("ec2:DescribeVpcs", Vpcs=[{"VpcId": f"vpc-{n:017x}", "OwnerId": ACCOUNT} for n in range(3000)])
    folder = saved(tmp_path / "s", many)
    path = folder / f"{file_of(many.request)}.gz"
    assert len(load(folder).after.vpcs) == 3000
    path.write_bytes(path.read_bytes()[:-1])
    assert "the file is not what was saved: its hash differs" in causes(load(folder))


def test_a_link_that_leaves_the_snapshot_is_not_followed(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    path = folder / file_of(VPCS.request)
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    loaded = load(folder)
    assert loaded.after.vpcs == ()
    assert "the file leads out of the snapshot" in causes(loaded)
    for name in (JOURNAL, MANIFEST):
        other = saved(tmp_path / name, *REPLIES)
        (other / name).rename(tmp_path / f"{name}.elsewhere")
        (other / name).symlink_to(tmp_path / f"{name}.elsewhere")
        with pytest.raises(InputError, match="not a file of the snapshot"):
            load(other)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    path = folder / file_of(VPCS.request)
    path.unlink()
    os.mkfifo(path)
    assert "the file is missing" in causes(load(folder))


def forge(folder: Path, content: bytes, **entry: Any) -> None:
    """Write a response and a journal that vouches for it: nothing but its meaning can be wrong."""
    name = file_of(VPCS.request) + (".gz" if entry.pop("packed", False) else "")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    line = {
        "request": {"account": ACCOUNT, "region": REGION, "service": "ec2", "operation": "DescribeVpcs"},
        "requested_at": AT.isoformat(), "pages": 1, "failure": None, "file": name,
        "sha256": hashlib.sha256(content).hexdigest(), **entry,
    }  # fmt: skip
    (folder / JOURNAL).write_text(json.dumps(line) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "not JSON"), (b'{"Vpcs": [', "not JSON"), (b"[1]", "not an object"), (b"3", "not an object"),
        (b'{"Vpcs": [{"VpcId": NaN}]}', "NaN"), (b'{"Vpcs": ' + b"[" * 100_000, "too deeply"),
        (b"\xff\x00", "not JSON"),
    ],
)  # fmt: skip
def test_a_response_that_is_none_is_a_gap(tmp_path: Path, content: bytes, cause: str) -> None:
    forge(tmp_path, content)
    loaded = load(tmp_path)
    assert any(said.startswith("the file holds no response: ") and cause in said for said in causes(loaded))
    assert loaded.after.vpcs == ()


def test_a_compressed_file_that_is_none_is_a_gap(tmp_path: Path) -> None:
    forge(tmp_path, gzip.compress(b"{}")[:-3], packed=True)
    assert "the file holds no response: it is cut off" in causes(load(tmp_path))


REQUEST = {"account": ACCOUNT, "region": REGION, "service": "ec2", "operation": "DescribeVpcs", "resource": None}


@pytest.mark.parametrize(
    "entry",
    [
        {"request": None}, {"request": []}, {"request": {**REQUEST, "account": 1}}, {"request": {**REQUEST, "at": {}}},
        {"request": {**REQUEST, "operation": "DeleteVpc"}}, {"request": {**REQUEST, "service": "../.."}},
        {"request": {**REQUEST, "resource": "x"}}, {"request": {**REQUEST, "resource": ["x"]}},
        {"request": {**REQUEST, "service": "s3", "operation": "ListObjectsV2", "resource": "no-prefix"}},
        {"requested_at": None}, {"requested_at": "yesterday"}, {"requested_at": "0001-01-01T00:00:00+00:00"},
        {"requested_at": "9999-12-31T23:59:59-23:00"}, {"requested_at": 3}, {"failure": "denied"}, {"failure": {}},
        {"failure": {"code": "x", "message": "y", "meaning": "maybe"}}, {"failure": {"code": "x"}},
    ],
)  # fmt: skip
def test_a_line_of_the_journal_that_means_nothing_is_a_gap(tmp_path: Path, entry: dict[str, Any]) -> None:
    forge(tmp_path, b'{"Vpcs": []}', **entry)
    assert "the line cannot be read" in causes(load(tmp_path))


@pytest.mark.parametrize("pages", [None, "many", -1, 0, True, 1.5, {}])
def test_odd_numbers_of_pages_do_no_harm(tmp_path: Path, pages: object) -> None:
    forge(tmp_path, json.dumps(VPCS.response).encode(), pages=pages)
    assert [vpc.key for vpc in load(tmp_path).after.vpcs] == ["vpc-1"]


HOSTILE = "'; DROP TABLE\u2028\u0085\x00\x1b[31m ../../etc <script>{{x}} %s \ud7ff"


def test_hostile_texts_are_data(tmp_path: Path) -> None:
    rows = [
        {"VpcId": HOSTILE, "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": HOSTILE, "Value": "x"}]}
    ]
    bucket = reply("s3:GetBucketPolicy", HOSTILE, Policy=HOSTILE)
    loaded = load(saved(tmp_path / "s", reply("ec2:DescribeVpcs", Vpcs=rows), bucket, failed("iam:GetRole", HOSTILE)))
    (vpc,) = loaded.after.vpcs
    assert vpc.key == HOSTILE
    assert "the line cannot be read" not in causes(loaded)
    assert judge(loaded).crashed == ()


@pytest.mark.parametrize("path", ["gone", "file", "empty", "text"])
def test_what_is_no_snapshot_is_refused_with_a_hint(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "README").write_text("x", encoding="utf-8")
    with pytest.raises((UsageError, InputError)) as caught:
        load(tmp_path / path)
    assert caught.value.hint


BYTES = st.binary(max_size=40) | st.sampled_from([b"{}", b"[]", b"null", b'{"schema_version": "1"}', b"\n\n", b"{"])
LINE = st.fixed_dictionaries(
    {},
    optional={
        "request": st.fixed_dictionaries(
            {},
            optional={
                "account": st.sampled_from([ACCOUNT, "..", "", None, 3]),
                "region": st.sampled_from([REGION, "global", "/", []]),
                "service": st.sampled_from(["ec2", "s3", "iam", 1]),
                "operation": st.sampled_from(["DescribeVpcs", "DescribeFlowLogs", "ListObjectsV2", "GetRole", ""]),
                "resource": st.none() | st.text(max_size=5) | st.just("a|b"), "at": st.none() | st.text(max_size=3),
            },
        ),
        "requested_at": st.sampled_from([AT.isoformat(), "2026-01-01", "", None, 5]),
        "failure": st.none()
        | st.dictionaries(st.sampled_from(["code", "message", "meaning"]), st.text(max_size=4) | st.none()),
        "pages": st.none() | st.integers() | st.floats(), "sha256": st.text(max_size=3), "file": st.text(max_size=5),
    },
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(BYTES | st.none(), st.lists(BYTES | LINE.map(lambda line: json.dumps(line).encode()), max_size=4))
def test_whatever_a_folder_holds_only_typed_errors_come_of_it(
    tmp_path_factory: pytest.TempPathFactory, manifest: bytes | None, journal: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("s")
    if manifest is not None:
        (folder / MANIFEST).write_bytes(manifest)
    (folder / JOURNAL).write_bytes(b"\n".join(journal))
    try:
        loaded = load(folder)
    except (InputError, UsageError) as error:
        assert error.hint
    else:
        assert judge(loaded).crashed == ()
