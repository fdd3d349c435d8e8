"""Folders of responses that other programs saved, such as ``aws ec2 describe-vpcs > eu-west-1/describe-vpcs.json``.

A file is known by what it holds, not by its name: an object with the list of one listing call. Region and account come
from the folders, from the file's name, or from the responses themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from checker.load.aws.call import Failure, Group, Reply, Request
from checker.load.aws.calls import CALLS
from checker.load.aws.store import MemoryStore
from checker.load.aws.verbatim import PACKED, lies_in, parse_json, unpacked
from checker.model.finding import Gap
from checker.model.record import dataclass

UNKNOWN_ACCOUNT: Final = "unknown-account"
UNKNOWN_REGION: Final = "unknown-region"

_REGION: Final = re.compile(r"(?<![a-z])([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9])(?![0-9a-z])")
_ACCOUNT: Final = re.compile(r"(?<![0-9])([0-9]{12})(?![0-9])")
_NUMBER: Final = re.compile(r"([0-9]+)$")
_TOKENS: Final = ("NextToken", "nextToken")
"""Members by which a response says that it is not the last page."""

_BY_MEMBER: Final = {
    call.result: call
    for call in CALLS
    if call.result is not None and not call.per and call.service == "ec2" and call.group is not Group.BASE
}
"""Listing by the member that holds its list: these names are EC2's alone."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a folder of saved responses holds."""

    store: MemoryStore
    gaps: tuple[Gap, ...]
    read: int
    """Files of which a listing is used."""
    passed_over: tuple[str, ...]
    """Names of files that hold what flowcheck does not ask for."""


@dataclass(frozen=True, slots=True)
class _Answer:
    number: int
    path: Path
    content: Mapping[str, Any]


def read_foreign(folder: Path) -> Dump:
    """Return what a folder of saved responses holds; odd files are gaps, never errors."""
    gaps: list[Gap] = []
    contents = list(_contents(folder, gaps))
    known = [(path, content, [name for name in content if name in _BY_MEMBER]) for path, content in contents]
    accounts = _by_folder((path, _account_in(content)) for path, content in contents)
    regions = _by_folder((path, _from_path(_REGION, path, folder) or _region_in(content)) for path, content in contents)
    found: dict[tuple[str, str, str], list[_Answer]] = {}
    for path, content, members in known:
        account = _from_path(_ACCOUNT, path, folder) or accounts.get(path.parent) or UNKNOWN_ACCOUNT
        region = _from_path(_REGION, path, folder) or _region_in(content) or regions.get(path.parent) or UNKNOWN_REGION
        number = _NUMBER.search(path.name.partition(".json")[0])
        for member in members:
            answer = _Answer(int(number[1]) if number else 0, path, content)
            found.setdefault((account, region, member), []).append(answer)
    return Dump(
        store=_stored(found, folder, gaps),
        gaps=tuple(gaps),
        read=sum(1 for _, _, members in known if members),
        passed_over=tuple(path.name for path, _, members in known if not members),
    )


def _by_folder(found: Iterable[tuple[Path, str | None]]) -> dict[Path, str]:
    """Return what the files of a folder agree on; nothing for a folder whose files tell different things."""
    told: dict[Path, set[str]] = {}
    for path, word in found:
        if word is not None:
            told.setdefault(path.parent, set()).add(word)
    return {folder: next(iter(words)) for folder, words in told.items() if len(words) == 1}


def _stored(found: Mapping[tuple[str, str, str], list[_Answer]], folder: Path, gaps: list[Gap]) -> MemoryStore:
    """Return the answers as replies; of several to one call the first counts and the others are gaps.

    An answer that says it goes on is a page; those behind it are its next ones, up to one that says no more.
    """
    store = MemoryStore()
    for (account, region, member), answers in sorted(found.items(), key=lambda item: item[0]):
        first, *rest = sorted(answers, key=lambda each: (each.number, each.path.as_posix()))
        pages = [first]
        while rest and _goes_on(pages[-1]):
            pages.append(rest.pop(0))
        store.add_scope(account, region)
        operation = _BY_MEMBER[member].operation
        request = Request(account=account, region=region, service="ec2", operation=operation)
        store.put(_reply(request, member, pages, folder))
        gaps += [
            _gap(each.path, f"another answer to the call of {first.path.name}", "the later answer is not used")
            for each in rest
        ]
    return store


def _goes_on(page: _Answer) -> bool:
    return any(page.content.get(name) for name in _TOKENS)


def _contents(folder: Path, gaps: list[Gap]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the JSON objects below a folder; links that leave it are not followed."""
    for path in sorted((*folder.rglob("*.json"), *folder.rglob(f"*.json{PACKED}"))):
        if not lies_in(folder, path):
            continue
        try:
            data = path.read_bytes()
            content = parse_json(unpacked(data) if path.suffix == PACKED else data)
        except (OSError, ValueError) as error:
            cause = "it cannot be read" if isinstance(error, OSError) else str(error)
            gaps.append(_gap(path, cause, "whatever it describes"))
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
    """Return what the nearest part of a path says, from the file's name up to the folder above the one given."""
    above = folder.absolute()
    for part in (path.stem, *reversed(path.relative_to(folder).parts[:-1]), above.name):
        found = pattern.search(part)
        if found:
            return found[1]
    whole = pattern.fullmatch(above.parent.name)
    return whole[1] if whole else None


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


def _reply(request: Request, member: str, pages: list[_Answer], folder: Path) -> Reply:
    """Return the pages of an answer as one; half a listing is none."""
    rows = [page.content.get(member) for page in pages]
    failure, response = None, {member: rows[0]}
    if _goes_on(pages[-1]):
        message = f"{pages[-1].path.name} says that there are more pages, and the next one is not here"
        failure = Failure(code="BadResponse", message=message)
    elif len(rows) > 1:
        response = {member: [row for page in rows for row in (page if isinstance(page, list) else [None])]}
    return Reply(
        request=request,
        response=response if failure is None else None,
        failure=failure,
        requested_at=datetime.fromtimestamp(0, UTC),
        pages=len(pages),
        origin=pages[0].path.relative_to(folder).as_posix(),
    )
