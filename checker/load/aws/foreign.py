"""Folders of responses that other programs saved, such as ``aws ec2 describe-vpcs > eu-west-1/describe-vpcs.json``.

A file is known by what it holds, not by its name: an object with the list of one listing call. Region and account come
from the folders, from the file's name, or from the responses themselves.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from checker.load.aws.call import GLOBAL, Failure, Group, Reply, Request
from checker.load.aws.calls import CALLS
from checker.load.aws.store import MemoryStore
from checker.model.finding import Gap

UNKNOWN_ACCOUNT: Final = "unknown-account"
UNKNOWN_REGION: Final = "unknown-region"
_MAX_FILE: Final = 2_000_000_000

_REGION: Final = re.compile(r"(?<![a-z])([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9])(?![0-9a-z])")
_ACCOUNT: Final = re.compile(r"(?<![0-9])([0-9]{12})(?![0-9])")
_NUMBER: Final = re.compile(r"_([0-9]+)$")

_BY_MEMBER: Final = {
    call.result: call
    for call in CALLS
    if call.result is not None and not call.per and call.service == "ec2" and call.group is not Group.BASE
}
"""Listing by the member that holds its list: these names are EC2's alone."""


def read_foreign(folder: Path) -> tuple[MemoryStore, list[Gap], int]:
    """Return the replies that a folder of saved responses holds, gaps for what is not understood, and the files read.

    Raises nothing for odd files; a folder without any response gives a store without scopes.
    """
    store = MemoryStore()
    gaps: list[Gap] = []
    found: dict[tuple[str, str, str], list[tuple[int, str, Path, dict[str, Any]]]] = {}
    homes: dict[Path, str] = {}
    contents = list(_contents(folder, gaps))
    for path, content in contents:
        homes[path.parent] = _account_in(content) or homes.get(path.parent, "")
    read = 0
    for path, content in contents:
        members = [name for name in content if name in _BY_MEMBER]
        if not members:
            gaps.append(_gap(path, "it holds no listing that flowcheck knows", "whatever it describes"))
            continue
        read += 1
        account = _from_path(_ACCOUNT, path, folder) or homes[path.parent] or UNKNOWN_ACCOUNT
        region = _from_path(_REGION, path, folder) or _region_in(content) or UNKNOWN_REGION
        for member in members:
            number = _NUMBER.search(path.stem)
            place = (account, region, member)
            found.setdefault(place, []).append((int(number[1]) if number else 0, path.name, path, content))
    for (account, region, member), answers in sorted(found.items(), key=lambda item: item[0]):
        first, *rest = sorted(answers, key=lambda each: each[:2])
        store.add_scope(account, region)
        store.put(_reply(account, region, member, first[2], first[3], folder))
        for _, _, other, _ in rest:
            gaps.append(_gap(other, f"another answer to the call of {first[1]}", "the later answer is not used"))
    for account in sorted({account for account, _ in store.scopes}):
        store.put(_not_entered(account))
    return store, gaps, read


def _contents(folder: Path, gaps: list[Gap]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the JSON objects below a folder; links that leave it are not followed."""
    top = folder.resolve()
    for path in sorted(folder.rglob("*.json")):
        if not path.is_file() or not path.resolve().is_relative_to(top):
            continue
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            gaps.append(_gap(path, "it is not JSON", "whatever it describes"))
            continue
        if isinstance(content, dict) and isinstance(content.get("data"), dict) and "status_code" in content:
            content = content["data"]  # a recording of the SDK
        if isinstance(content, dict):
            yield path, _timed(content)
        else:
            gaps.append(_gap(path, "it holds no response: not an object", "whatever it describes"))


def _gap(path: Path, cause: str, affects: str) -> Gap:
    return Gap(what=path.as_posix(), cause=cause, affects=affects)


def _timed(content: dict[str, Any]) -> dict[str, Any]:
    """Return a response with the recorded times of its rows as times."""
    for rows in content.values():
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                for name, value in row.items():
                    if isinstance(value, dict) and value.get("__class__") == "datetime":
                        row[name] = _time(value)
    return content


def _time(value: Mapping[str, Any]) -> str | None:
    try:
        parts = [int(value.get(name, 0)) for name in ("year", "month", "day", "hour", "minute", "second")]
        return datetime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], tzinfo=UTC).isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _from_path(pattern: re.Pattern[str], path: Path, folder: Path) -> str | None:
    """Return what the nearest part of a path says, from the file's name up to the folder that was given."""
    for part in (path.stem, *reversed(path.relative_to(folder).parts[:-1]), folder.name):
        found = pattern.search(part)
        if found:
            return found[1]
    return None


def _account_in(content: Mapping[str, Any]) -> str | None:
    """Return the account that owns most of what a response shows."""
    owners: Counter[str] = Counter()
    for rows in content.values():
        for row in rows if isinstance(rows, list) else ():
            owner = row.get("OwnerId") if isinstance(row, dict) else None
            if isinstance(owner, str) and _ACCOUNT.fullmatch(owner):
                owners[owner] += 1
    return min(owners, key=lambda owner: (-owners[owner], owner)) if owners else None


def _region_in(content: Mapping[str, Any]) -> str | None:
    for rows in content.values():
        for row in rows if isinstance(rows, list) else ():
            if not isinstance(row, dict):
                continue
            for name in ("AvailabilityZone", "SubnetArn", "VpcArn", "LogDestination", "TransitGatewayArn"):
                value = row.get(name)
                found = (
                    _REGION.search(value.rstrip("abcdef") if name == "AvailabilityZone" else value)
                    if isinstance(value, str)
                    else None
                )
                if found:
                    return found[1]
    return None


def _reply(account: str, region: str, member: str, path: Path, content: Mapping[str, Any], folder: Path) -> Reply:
    call = _BY_MEMBER[member]
    request = Request(account=account, region=region, service=call.service, operation=call.operation)
    return Reply(
        request=request,
        response={member: content.get(member)},
        failure=None,
        requested_at=datetime.fromtimestamp(0, UTC),
        origin=path.relative_to(folder).as_posix(),
    )


def _not_entered(account: str) -> Reply:
    """A dump tells only what it holds: what nobody asked for stays "not called"."""
    request = Request(account=account, region=GLOBAL, service="s3", operation="ListBuckets")
    failure = Failure(code="NotCalled", message="")
    return Reply(request=request, response=None, failure=failure, requested_at=datetime.fromtimestamp(0, UTC))
