"""What could not be read, and what can therefore not be said."""

from __future__ import annotations

from collections.abc import Iterator

from checker.load.aws.call import GLOBAL, Call, Group, Reply
from checker.load.aws.calls import call_of, calls_in
from checker.load.aws.convert.view import World, words_of
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.model import Unread

_BEFORE = (Group.BASE, Group.ORGANIZATION)


def unread_of(world: World) -> Iterator[Unread]:
    """Yield, for each listing that gave nothing, the types that the model may therefore lack in that scope."""
    for account, region, call, reply in _listings(world):
        why = _why(call, reply)
        if why is not None and call.feeds:
            where = f"{account}/{region}"
            cause = Unknown(f"{where}: {call.name} {why}")
            if call.regional:
                yield Unread(types=call.feeds, root=where, cause=cause)
                continue
            for other, place in world.replies.scopes:
                if other == account:
                    yield Unread(types=call.feeds, root=f"{account}/{place}", cause=cause)


def _listings(world: World) -> Iterator[tuple[str, str, Call, Reply | None]]:
    calls = [call for call in calls_in(world.groups) if not call.per and call.group not in _BEFORE]
    for account in sorted(world.accounts):
        regions = [region for owner, region in world.replies.scopes if owner == account]
        for call in calls:
            for region in regions if call.regional else [GLOBAL]:
                yield account, region, call, world.replies.get(account, region, call.service, call.operation)


def _why(call: Call, reply: Reply | None) -> str | None:
    """Return why a listing tells nothing; None where it does. An error code that is an answer tells something."""
    if reply is None:
        return "was not called"
    if reply.failure is None or reply.failure.meaning is not None:
        return None
    return words_of(reply.failure)


def gaps_of(world: World) -> tuple[Gap, ...]:
    """Return the gaps: one for each scope and call, however many resources it concerned."""
    found = {*_accounts(world), *_missing(world), *_failed(world)}
    for place in sorted(set(world.odd)):
        found.add(Gap(what=place, cause=f"{world.odd.count(place)} rows cannot be read", affects="what they describe"))
    return tuple(sorted(found))


def _accounts(world: World) -> Iterator[Gap]:
    for reply in world.replies.of("sts", "GetCallerIdentity"):
        if reply.failure is not None:
            said = f": {reply.failure.message}" if reply.failure.message else ""
            cause = f"it could not be entered ({reply.failure.code}{said})"
            yield Gap(
                what=f"account {reply.request.account}", cause=cause, affects="nothing of this account was examined"
            )
    for reply in world.replies.of("ec2", "DescribeRegions"):
        if reply.failure is not None:
            yield Gap(
                what=f"account {reply.request.account}",
                cause=f"ec2:DescribeRegions {words_of(reply.failure)}",
                affects="whether further regions are enabled is not known, and they were not examined",
            )


def _missing(world: World) -> Iterator[Gap]:
    """Yield one gap for each scope, naming the listings that were never called: a dump of other tools lacks many."""
    lacking: dict[str, list[str]] = {}
    for account, region, call, reply in _listings(world):
        if reply is None or (reply.failure is not None and reply.failure.code == "NotCalled"):
            lacking.setdefault(f"{account}/{region}", []).append(call.name)
    for where, names in lacking.items():
        yield Gap(what=where, cause=f"not called: {', '.join(names)}", affects="what these calls would have told")


def _failed(world: World) -> Iterator[Gap]:
    for call in calls_in(world.groups):
        if call.group in _BEFORE:
            continue
        by_place: dict[tuple[str, str], list[str]] = {}
        for reply in world.replies.of(call.service, call.operation):
            if reply.failure is None or reply.failure.meaning is not None or reply.failure.code == "NotCalled":
                continue
            request = reply.request
            place = (f"{request.account}/{request.region} {call.name}", words_of(reply.failure))
            by_place.setdefault(place, []).append(request.resource or "")
        for (what, cause), resources in by_place.items():
            yield Gap(what=what, cause=f"it {cause}", affects=_affects(call, resources))


def _affects(call: Call, resources: list[str]) -> str:
    named = sorted(each for each in resources if each)
    if named:
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        return f"this setting of {', '.join(each.replace('|', ' ') for each in named[:3])}{more}"
    kinds = ", ".join(call_of(call.service, call.operation).feeds)
    return f"whether there are others: {kinds}" if kinds else "facts that this call would have told"
