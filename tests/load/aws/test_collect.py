"""Everything that is named is asked once, side by side and within the rates, and what is answered is kept at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from checker.load.aws.ask import Asker, Patience, Stopped
from checker.load.aws.call import GLOBAL, Group
from checker.load.aws.calls import call_of
from checker.load.aws.collect import Caller, Keeper, Progress, collect
from checker.load.aws.limits import Limits
from checker.load.aws.store import MemoryStore
from checker.load.aws.view import Needs
from tests.load.aws.fake import FakeClients, Someone, refused
from tests.load.aws.made import ACCOUNT, AT, OTHER, reply

NEEDS = Needs(groups=frozenset({Group.NETWORK, Group.DESTINATION}))


class Network(FakeClients):
    """Empty accounts, but for one flow log of ACCOUNT that delivers to a bucket of OTHER."""

    def send(self, service: str, operation: str, region: str, words: Mapping[str, Any], keys: Any) -> dict[str, Any]:
        if operation not in self.answers:
            result = call_of(service, operation).result
            self.answers[operation] = [{result: []} if result else {}]
        answer = super().send(service, operation, region, words, keys)
        if operation == "DescribeFlowLogs" and keys.access_key == ACCOUNT:
            log = {"FlowLogId": f"fl-{region}", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs"}
            return {"FlowLogs": [log]}
        if operation == "ListBuckets" and keys.access_key == OTHER:
            return {"Buckets": [{"Name": "logs"}]}
        return answer


class World:
    def __init__(self, *, most: float | None = 1000.0) -> None:
        self.clients = Network()
        self.stop = threading.Event()
        self.store = MemoryStore()
        self.keeper = Keeper(self.store, self.stop)
        asker = Asker(self.clients, Limits(most=most), patience=Patience(seconds=1), stop=self.stop)
        self.callers = {
            account: Caller(Someone(account, now=account), asker, lambda: AT, home="us-east-1")
            for account in (ACCOUNT, OTHER)
        }
        self.told: list[Progress] = []

    def collect(self, *, concurrency: int = 4, regions: tuple[str, ...] = ("eu-west-1", "us-east-1")) -> None:
        collect(
            self.callers, dict.fromkeys(self.callers, regions), NEEDS, self.store, self.keeper,
            concurrency=concurrency, progress=self.told.append,
        )  # fmt: skip


@pytest.mark.parametrize("concurrency", [1, 4, 32])
def test_everything_is_asked_and_nothing_twice(concurrency: int) -> None:
    world = World()
    world.collect(concurrency=concurrency)
    made = [
        (operation, region, str(sorted(words.items())), key) for operation, region, words, key in world.clients.sent
    ]
    assert len(made) == len(set(made))
    asked = {(operation, region, key) for operation, region, _, key in made}
    for account in (ACCOUNT, OTHER):
        for region in ("eu-west-1", "us-east-1"):
            assert ("DescribeVpcs", region, account) in asked
            assert world.store.get(account, region, "ec2", "DescribeVpcs") is not None
        assert world.store.get(account, GLOBAL, "s3", "ListBuckets") is not None
    assert world.store.scopes == tuple(sorted((a, r) for a in (ACCOUNT, OTHER) for r in ("eu-west-1", "us-east-1")))


def test_what_one_accounts_answer_names_is_asked_of_the_account_that_owns_it() -> None:
    world = World()
    world.collect()
    policies = [key for operation, _, _, key in world.clients.sent if operation == "GetBucketPolicy"]
    assert policies == [OTHER]


def test_account_wide_calls_go_to_the_home_region() -> None:
    world = World()
    world.collect(regions=("eu-west-1",))
    regions = {region for operation, region, *_ in world.clients.sent if operation == "ListBuckets"}
    assert regions == {"us-east-1"}


def test_progress_grows_to_the_end() -> None:
    world = World()
    world.clients.answers["DescribeVpcs"] = [refused("UnauthorizedOperation", status=403)]
    world.collect()
    done = [each.done for each in world.told]
    assert done == sorted(done)
    assert [(each.accounts, each.scopes) for each in world.told] == [(2, 4)] * len(world.told)
    kept = list(world.store)
    assert sum(1 for each in kept if each.failure is not None) == 4
    last = world.told[-1]
    assert last.done <= last.known == len(kept)


def test_a_failure_of_one_call_is_kept_and_leaves_the_others_alone() -> None:
    world = World()
    world.clients.answers["DescribeSubnets"] = [refused("UnauthorizedOperation", "no", 403)]
    world.collect()
    failed = {each.request.operation for each in world.store if each.failure is not None}
    assert failed == {"DescribeSubnets"}
    kept = world.store.get(ACCOUNT, "eu-west-1", "ec2", "DescribeSubnets")
    assert kept is not None
    assert kept.failure is not None
    assert (kept.response, kept.failure.code) == (None, "UnauthorizedOperation")


def test_what_is_kept_already_is_not_asked_again() -> None:
    world = World()
    world.store.put(reply("ec2:DescribeVpcs", region="eu-west-1", Vpcs=[]))
    world.collect()
    asked = [(region, key) for operation, region, _, key in world.clients.sent if operation == "DescribeVpcs"]
    assert ("eu-west-1", ACCOUNT) not in asked
    assert len(asked) == 3


def test_calls_keep_to_their_rate_and_those_of_others_go_on() -> None:
    world = World(most=20.0)
    times: dict[str, list[float]] = {}

    def listed(words: Mapping[str, Any]) -> dict[str, Any]:
        times.setdefault("DescribeVpcs", []).append(time.monotonic())
        at = int(words.get("NextToken", "0")) + 1
        return {"Vpcs": [], **({"NextToken": str(at)} if at < 30 else {})}

    world.clients.answers["DescribeVpcs"] = [listed]
    world.callers.pop(OTHER)
    started = time.monotonic()
    world.collect(regions=("eu-west-1",))
    took = time.monotonic() - started
    assert len(times["DescribeVpcs"]) == 30
    assert took > 0.4, "thirty pages at twenty a second, twenty of them at once"


def test_a_bug_in_a_thread_is_not_swallowed() -> None:
    world = World()
    world.clients.answers["DescribeNatGateways"] = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        world.collect()


def test_what_is_on_its_way_when_the_run_is_stopped_is_kept_and_nothing_more_is_asked() -> None:
    world = World()
    begun = threading.Event()

    def slow(_: Mapping[str, Any]) -> dict[str, Any]:
        begun.set()
        time.sleep(0.3)
        return {"Vpcs": []}

    world.clients.answers["DescribeVpcs"] = [slow]

    def press(_: Progress) -> None:
        if begun.is_set():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(world.callers, dict.fromkeys(world.callers, ("eu-west-1",)), NEEDS, world.store, world.keeper,
                concurrency=1, progress=press)  # fmt: skip
    assert [each.request.operation for each in world.store][-1:] == ["DescribeVpcs"]
    asked = len(world.clients.sent)
    time.sleep(0.1)
    assert len(world.clients.sent) == asked == len(list(world.store))


def test_nothing_is_kept_after_the_end() -> None:
    world = World()
    world.keeper.keep(reply("ec2:DescribeVpcs", Vpcs=[]))
    world.keeper.end()
    with pytest.raises(Stopped):
        world.keeper.keep(reply("ec2:DescribeSubnets", Subnets=[]))
    assert [each.request.operation for each in world.store] == ["DescribeVpcs"]
