"""What could not be read, and what can therefore not be said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import GLOBAL, Call, Group, Reply, Request
from checker.load.aws.calls import call_of, calls_in
from checker.load.aws.convert.missing import NOT_CALLED
from checker.load.aws.convert.row import words_of
from checker.load.aws.convert.world import World
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.model import Unread

_BEFORE: Final = (Group.BASE, Group.ORGANIZATION)
_NAMED: Final = 3
"""Most names in one gap."""


def unread_of(world: World) -> tuple[Unread, ...]:
    """Return, for each call that did not tell everything, the types that the model may therefore lack in that scope.

    One for each scope and type: the first call that did not answer tells why.
    """
    found: dict[tuple[tuple[str, ...], str], Unread] = {}
    for request, call, why in _untold(world):
        cause = Unknown(f"{request.account}/{request.region}: {call.name} {why}")
        for root in _roots(world, request):
            account, _, region = root.partition("/")
            found.setdefault(
                (call.feeds, root),
                Unread(types=call.feeds, root=root, account=account, region=region, cause=cause),
            )
    return tuple(found.values())


def _roots(world: World, request: Request) -> list[str]:
    """Return where things may be missing: an account-wide call tells of every region, also of those not examined."""
    if request.region != GLOBAL:
        return [f"{request.account}/{request.region}"]
    regions = {region for account, region in world.replies.scopes if account == request.account}
    return [f"{request.account}/{region}" for region in sorted({*regions, *world.regions_of(request.account), GLOBAL})]


def _untold(world: World) -> Iterator[tuple[Request, Call, str]]:
    """Yield the calls that feed the model and did not tell everything, with the reason."""
    for request, call, reply in _listings(world):
        why = "was not called" if reply is None else _why(reply)
        if why is not None and call.feeds:
            yield request, call, why
    for call in calls_in(world.groups):
        if call.per and call.feeds:
            for reply in world.replies.of(call.service, call.operation):
                why = _why(reply)
                if why is not None:
                    yield reply.request, call, why
    for request in sorted(world.odd):
        if call_of(request.service, request.operation).feeds:
            yield request, call_of(request.service, request.operation), _odd_words(world.odd[request])


def _listings(world: World) -> Iterator[tuple[Request, Call, Reply | None]]:
    """Yield every listing that was to be called, and what came of it."""
    calls = [call for call in calls_in(world.groups) if not call.per and call.group not in _BEFORE]
    for account in sorted(world.accounts):
        regions = [region for owner, region in world.replies.scopes if owner == account]
        for call in calls:
            for region in regions if call.regional else [GLOBAL]:
                request = Request(account=account, region=region, service=call.service, operation=call.operation)
                yield request, call, world.replies.get(account, region, call.service, call.operation)


def _why(reply: Reply) -> str | None:
    """Return why a call tells nothing; None where it does. An error code that is an answer tells something."""
    if reply.failure is None or reply.failure.meaning is not None:
        return None
    return words_of(reply.failure)


def _odd_words(rows: int) -> str:
    if rows == 0:
        return "gave no list"
    return "gave a row that cannot be read" if rows == 1 else f"gave {rows} rows that cannot be read"


def gaps_of(world: World) -> tuple[Gap, ...]:
    """Return the gaps: one for each scope and call, however many resources it concerned; sorted."""
    found = {*_accounts(world), *_missing(world), *_failed(world)}
    for request, rows in world.odd.items():
        call = call_of(request.service, request.operation)
        affects = _affects(call, [request.resource or ""])
        found.add(_gap((request.account, request.region), call, _odd_words(rows), affects))
    return tuple(sorted(found))


def _accounts(world: World) -> Iterator[Gap]:
    for reply in world.replies.of("sts", "GetCallerIdentity"):
        if reply.failure is not None:
            said = f": {reply.failure.message}" if reply.failure.message else ""
            cause = f"it could not be entered ({reply.failure.code}{said})"
            account = reply.request.account
            affects = "nothing of this account was examined"
            yield Gap(what=f"account {account}", cause=cause, affects=affects, account=account)
    for reply in world.replies.of("ec2", "DescribeRegions"):
        if reply.failure is not None:
            yield Gap(
                what=f"account {reply.request.account}",
                cause=f"ec2:DescribeRegions {words_of(reply.failure)}",
                affects="whether further regions are enabled is not known, and they were not examined",
                account=reply.request.account,
                call="ec2:DescribeRegions",
            )


def _missing(world: World) -> Iterator[Gap]:
    """Yield one gap for each scope, naming the calls that were never made: a dump of other tools lacks many."""
    lacking: dict[tuple[str, str], dict[str, None]] = {}
    for request, call, reply in _listings(world):
        if reply is None or _is_not_called(reply):
            lacking.setdefault((request.account, request.region), {})[call.name] = None
    for call in calls_in(world.groups):
        for reply in world.replies.of(call.service, call.operation) if call.per else ():
            if _is_not_called(reply):
                lacking.setdefault((reply.request.account, reply.request.region), {})[call.name] = None
    for (account, region), names in lacking.items():
        cause, affects = f"not called: {', '.join(names)}", "what these calls would have told"
        yield Gap(what=f"{account}/{region}", cause=cause, affects=affects, account=account, region=region)


def _is_not_called(reply: Reply) -> bool:
    return reply.failure is not None and reply.failure.code == NOT_CALLED


def _failed(world: World) -> Iterator[Gap]:
    for call in calls_in(world.groups):
        if call.group in _BEFORE:
            continue
        by_place: dict[tuple[tuple[str, str], str], list[str]] = {}
        for reply in world.replies.of(call.service, call.operation):
            why = _why(reply)
            if why is None or _is_not_called(reply):
                continue
            request = reply.request
            by_place.setdefault(((request.account, request.region), why), []).append(request.resource or "")
        for (place, why), resources in by_place.items():
            yield _gap(place, call, why, _affects(call, resources))


def _gap(place: tuple[str, str], call: Call, why: str, affects: str) -> Gap:
    account, region = place
    what = f"{account}/{region} {call.name}"
    return Gap(what=what, cause=f"it {why}", affects=affects, account=account, region=region, call=call.name)


def _affects(call: Call, resources: list[str]) -> str:
    named = sorted(each.replace("|", " ") for each in resources if each)
    if named:
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return f"what it tells of {', '.join(named[:_NAMED])}{more}"
    return f"whether there are others: {', '.join(call.feeds)}" if call.feeds else "facts that this call tells"
