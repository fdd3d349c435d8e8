"""A snapshot says what the run saw: every reply comes back, and nothing that was altered is trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.errors import InputError, UsageError
from checker.load.aws.call import Reply, Request
from checker.load.aws.directory import JOURNAL, DirectoryStore, file_of, read_replies
from checker.load.aws.failures import TRANSIENT
from checker.load.aws.manifest import MANIFEST
from checker.load.snapshot import load_snapshots
from tests.load.aws.made import ACCOUNT, AT, EVERYTHING, REGION, failed, flow_log, reply

REPLIES = (
    reply("ec2:DescribeVpcs", Vpcs=[{"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}]),
    reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(CreationTime=AT)]),
    failed("ec2:DescribeSubnets"),
    reply("s3:GetBucketPolicy", "a/b*?", Policy="{}"),
)


def saved(folder: Path, *replies: Reply, mask: bool = False) -> Path:
    store = DirectoryStore.create(folder, mask=mask)
    store.add_scope(ACCOUNT, REGION)
    for each in replies:
        store.put(each)
    store.close({"taken_at": AT.isoformat()})
    return folder


def test_every_reply_comes_back(tmp_path: Path) -> None:
    replies, gaps = read_replies(saved(tmp_path / "s", *REPLIES))
    assert gaps == []
    back = {each.request: each for each in replies}
    assert set(back) == {each.request for each in REPLIES}
    for each in REPLIES:
        assert back[each.request].failure == each.failure
        assert back[each.request].requested_at == AT
    assert back[REPLIES[0].request].response == REPLIES[0].response


def test_a_later_answer_to_the_same_request_counts(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", failed("ec2:DescribeVpcs", code="Throttling"), REPLIES[0])
    replies, _ = read_replies(folder)
    assert [each.failure for each in replies] == [None]


def test_an_altered_file_is_a_gap_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    path = folder / file_of(REPLIES[1].request)
    path.write_text(path.read_text(encoding="utf-8").replace("ALL", "REJECT"), encoding="utf-8")
    loaded = load_snapshots([folder], groups=EVERYTHING)
    assert loaded.after.flow_logs == ()
    assert [gap.cause for gap in loaded.gaps if gap.what.endswith("DescribeFlowLogs.json")] == [
        "the file is not what was saved: its hash differs"
    ]
    assert [vpc.key for vpc in loaded.after.vpcs] == ["vpc-1"]
    assert loaded.after.unread_for("aws_flow_log", f"{ACCOUNT}/{REGION}") is not None


def test_a_missing_file_a_cut_journal_and_a_changed_journal_are_gaps(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES)
    (folder / file_of(REPLIES[0].request)).unlink()
    with (folder / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write('{"request": {"acc')
    causes = [gap.cause for gap in load_snapshots([folder], groups=EVERYTHING).gaps]
    assert "the file is missing" in causes
    assert "the line cannot be read" in causes
    assert "it was changed after the run: its hash is not the manifest's" in causes


def test_a_journal_cannot_name_a_file_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    folder = saved(tmp_path / "s", REPLIES[0])
    lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[0])
    entry["request"] |= {"account": "..", "region": "..", "service": ".", "operation": "../../secret"}
    entry["file"] = "../secret.json"
    (folder / JOURNAL).write_text(json.dumps(entry) + "\n", encoding="utf-8")
    replies, gaps = read_replies(folder)
    assert replies == []
    assert len(gaps) == 1


@pytest.mark.parametrize(
    "resource", ["a/b", "..", "con", "x" * 500, "ünïcode", "a|b", "a%2Fb", "arn:aws:kms:x:1:key/2", ""]
)
def test_file_names_stay_in_the_folder_are_short_and_differ(resource: str) -> None:
    request = Request(account=ACCOUNT, region=REGION, service="s3", operation="GetBucketPolicy", resource=resource)
    name = file_of(request)
    parts = name.split("/")
    assert len(parts) == 4
    assert not {"..", ".", ""} & set(parts)
    assert len(parts[-1]) < 200
    assert not set(parts[-1]) & set('\\:*?"<>|')
    other = Request(account=ACCOUNT, region=REGION, service="s3", operation="GetBucketPolicy", resource=f"{resource}x")
    assert file_of(other) != name


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        DirectoryStore.create(tmp_path)


def test_resuming_keeps_answers_and_asks_transient_failures_again(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s")
    throttled = failed("ec2:DescribeNatGateways", code="Throttling")
    for each in (*REPLIES, throttled):
        store.put(each)
    again = DirectoryStore.resume(tmp_path / "s", transient=TRANSIENT)
    assert {each.request for each in again} == {each.request for each in REPLIES}
    again.put(reply("ec2:DescribeNatGateways", NatGateways=[]))
    again.add_scope(ACCOUNT, REGION)
    again.close({})
    replies, gaps = read_replies(tmp_path / "s")
    assert len(replies) == len(REPLIES) + 1
    assert gaps == []


def test_an_interrupted_run_is_read_with_a_gap(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s")
    store.put(REPLIES[0])
    loaded = load_snapshots([tmp_path / "s"], groups=EVERYTHING)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["vpc-1"]
    assert "the run that wrote it was interrupted" in [gap.cause for gap in loaded.gaps]


def test_there_is_nothing_to_resume_in_an_empty_or_masked_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run to resume"):
        DirectoryStore.resume(tmp_path, transient=TRANSIENT)
    with pytest.raises(InputError, match="masked"):
        DirectoryStore.resume(saved(tmp_path / "m", *REPLIES, mask=True), transient=TRANSIENT)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"schema_version": "2"}', "[" * 100_000, "null", "\x00"])
def test_a_manifest_that_is_none_is_an_input_error(tmp_path: Path, content: str) -> None:
    folder = saved(tmp_path / "s", REPLIES[0])
    (folder / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        load_snapshots([folder], groups=EVERYTHING)


def test_a_path_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("", encoding="utf-8")
    for path, message in ((tmp_path / "gone", "no such folder"), (file, "a file, not a folder")):
        with pytest.raises(UsageError, match=message):
            load_snapshots([path], groups=EVERYTHING)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no AWS response"):
        load_snapshots([empty], groups=EVERYTHING)
