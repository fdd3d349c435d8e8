"""Replies are kept by request, told in order, and put from several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checker.load.aws.directory import DirectoryStore, read_replies
from checker.load.aws.store import MemoryStore
from tests.load.aws.made import ACCOUNT, OTHER, REGION, failed, reply


def test_a_reply_is_found_by_its_request_and_a_later_one_replaces_it() -> None:
    store = MemoryStore()
    assert store.get(ACCOUNT, REGION, "ec2", "DescribeVpcs") is None
    store.put(failed("ec2:DescribeVpcs", code="Throttling"))
    store.put(reply("ec2:DescribeVpcs", Vpcs=[]))
    found = store.get(ACCOUNT, REGION, "ec2", "DescribeVpcs")
    assert found is not None
    assert found.response == {"Vpcs": []}
    assert len(list(store)) == 1
    assert store.get(ACCOUNT, REGION, "ec2", "DescribeVpcs", "") is None


def test_replies_and_scopes_are_told_in_order() -> None:
    store = MemoryStore()
    for account, bucket in ((OTHER, "a"), (ACCOUNT, "b"), (ACCOUNT, "a")):
        store.put(reply("s3:GetBucketPolicy", bucket, account=account, Policy="{}"))
    store.put(reply("ec2:DescribeVpcs", account=OTHER, Vpcs=[]))
    assert [(each.request.account, each.request.resource) for each in store.of("s3", "GetBucketPolicy")] == [
        (ACCOUNT, "a"), (ACCOUNT, "b"), (OTHER, "a"),
    ]  # fmt: skip
    assert list(store.of("ec2", "DescribeSubnets")) == []
    store.add_scope(OTHER, REGION)
    store.add_scope(ACCOUNT, REGION)
    store.add_scope(OTHER, REGION)
    assert store.scopes == ((ACCOUNT, REGION), (OTHER, REGION))


def test_threads_put_into_one_folder(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s")
    store.add_scope(ACCOUNT, REGION)
    replies = [reply("s3:GetBucketPolicy", f"bucket-{n}", Policy="x" * n * 500) for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.put, replies))
    store.close({})
    back, gaps = read_replies(tmp_path / "s")
    assert gaps == []
    assert {each.request: each.response for each in back} == {each.request: each.response for each in replies}
