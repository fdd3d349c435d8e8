"""Saved AWS responses to a network: the ``flowcheck snapshot`` command and ``--live SNAPSHOT``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.load.aws.call import GLOBAL, Group, Reply
from checker.load.aws.directory import JOURNAL, read_replies
from checker.load.aws.foreign import read_foreign
from checker.load.aws.manifest import MANIFEST, has_manifest, read_manifest, scopes_of
from checker.load.aws.store import MemoryStore
from checker.model.finding import Gap
from checker.model.loaded import Input, Loaded
from checker.model.origin import Source
from checker.model.record import replace

_DUMP: Final = frozenset({Group.BASE, Group.NETWORK, Group.FIREWALL})
"""What a folder of other programs' responses is expected to hold; it tells nothing of destinations."""


def load_snapshots(paths: Sequence[Path], *, groups: frozenset[Group]) -> Loaded:
    """Return the network that snapshots describe; there is no before.

    ``groups`` are those that the rules need: calls of them that a snapshot lacks are gaps. Raises UsageError for a
    folder that is not there, InputError for one that holds no response.
    """
    from checker.load.aws.convert import network_of

    store = MemoryStore()
    gaps: list[Gap] = []
    inputs: list[Input] = []
    made: set[Group] = set()
    for path in paths:
        part, found, wanted, described = _read(path, groups)
        for account, region in part.scopes:
            store.add_scope(account, region)
        for reply in part:
            if _is_better(reply, store):
                store.put(reply if len(paths) == 1 or reply.origin is None else _below(reply, path))
        gaps += found
        made |= wanted
        inputs.append(described)
    model, unread = network_of(store, source=Source.SNAPSHOT, groups=made)
    return Loaded(after=model, gaps=(*gaps, *unread), inputs=tuple(inputs))


def _is_better(reply: Reply, store: MemoryStore) -> bool:
    """Say whether a reply tells more than what an earlier snapshot holds: an answer over a failure, the newer one."""
    place = reply.request
    known = store.get(place.account, place.region, place.service, place.operation, place.resource)
    return known is None or (reply.failure is None, reply.requested_at) > (known.failure is None, known.requested_at)


def _below(reply: Reply, path: Path) -> Reply:
    """Return a reply whose file is told from the working folder: several snapshots hold files of one name."""
    return replace(reply, origin=f"{path.as_posix()}/{reply.origin}")


def _read(path: Path, groups: frozenset[Group]) -> tuple[MemoryStore, list[Gap], frozenset[Group], Input]:
    if not path.is_dir():
        kind = "this is a file, not a folder" if path.exists() else "no such folder"
        raise UsageError(f"{path}: {kind}", hint="Give the folder that --save wrote.")
    if (path / JOURNAL).is_file():
        return _own(path, groups)
    dump = read_foreign(path)
    gaps = list(dump.gaps)
    if has_manifest(path):
        read_manifest(path)
        cause = f"the file is missing, though {MANIFEST} says that this is a snapshot"
        gaps.append(Gap(what=(path / JOURNAL).as_posix(), cause=cause, affects="all calls but the listings of EC2"))
    if not dump.read:
        raise InputError(
            f"{path}: holds no AWS response that flowcheck knows",
            hint="Give a folder made with --save, or with files such as REGION/describe-vpcs.json.",
        )
    facts = _facts(dump.store) | {"files": str(dump.read), "origin": "responses that another program saved"}
    if dump.passed_over:
        facts["note"] = f"not needed and not read: {', '.join(sorted(set(dump.passed_over)))}"
    described = Input(kind="snapshot", path=path.as_posix(), facts=facts)
    return dump.store, gaps, _DUMP & groups | {Group.NETWORK}, described


def _own(path: Path, groups: frozenset[Group]) -> tuple[MemoryStore, list[Gap], frozenset[Group], Input]:
    """Return what a folder holds that ``--save`` wrote."""
    manifest = read_manifest(path) if (path / MANIFEST).exists() else {}
    store = MemoryStore()
    replies, gaps = read_replies(path)
    for reply in replies:
        store.put(reply)
    for scope in scopes_of(manifest):
        store.add_scope(*scope)
    sha256 = hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest() if manifest else None
    gaps += _doubts(path, manifest)
    if not manifest.get("complete"):
        for reply in replies:
            if reply.request.region != GLOBAL:
                store.add_scope(reply.request.account, reply.request.region)
    facts = _facts(store) | {name: str(manifest[name]) for name in ("taken_at", "caller") if manifest.get(name)}
    if manifest.get("masked"):
        facts["masked"] = "account ids, resource ids and names are not the real ones"
    return store, gaps, groups, Input(kind="snapshot", path=path.as_posix(), sha256=sha256, facts=facts)


def _doubts(path: Path, manifest: Mapping[str, Any]) -> Iterator[Gap]:
    """Yield why the journal of a snapshot may not tell all calls."""
    if not manifest:
        cause = f"it has no {MANIFEST}: nothing vouches for what is in it"
        yield Gap(what=path.as_posix(), cause=cause, affects="whether all calls are in it")
    elif not manifest.get("complete"):
        cause = "the run that wrote it was interrupted"
        yield Gap(what=path.as_posix(), cause=cause, affects="calls that it did not get to; --resume makes them")
    elif manifest.get("journal_sha256") != hashlib.sha256((path / JOURNAL).read_bytes()).hexdigest():
        cause = "it was changed after the run: its hash is not the manifest's"
        yield Gap(what=(path / JOURNAL).as_posix(), cause=cause, affects="whether all calls are in it")


def _facts(store: MemoryStore) -> dict[str, str]:
    return {
        "accounts": ", ".join(sorted({account for account, _ in store.scopes})),
        "regions": ", ".join(sorted({region for _, region in store.scopes})),
        "calls": str(sum(1 for _ in store)),
        "failures": str(sum(1 for each in store if each.failure is not None and each.failure.meaning is None)),
    }
