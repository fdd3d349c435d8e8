"""Saved AWS responses to a network: the ``flowcheck snapshot`` command and ``--live SNAPSHOT``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from checker.errors import InputError, UsageError
from checker.load.aws.call import GLOBAL, Group, Reply
from checker.load.aws.directory import JOURNAL, MANIFEST, read_manifest, read_replies
from checker.load.aws.foreign import read_foreign
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
            store.put(reply if len(paths) == 1 or reply.origin is None else _below(reply, path))
        gaps += found
        made |= wanted
        inputs.append(described)
    model, unread = network_of(store, source=Source.SNAPSHOT, groups=made)
    return Loaded(after=model, gaps=(*gaps, *unread), inputs=tuple(inputs))


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
    if not dump.read:
        raise InputError(
            f"{path}: holds no AWS response that flowcheck knows",
            hint="Give a folder made with --save, or with files such as REGION/describe-vpcs.json.",
        )
    facts = _facts(dump.store) | {"files": str(dump.read), "origin": "responses that another program saved"}
    if dump.passed_over:
        facts["note"] = f"not needed and not read: {', '.join(sorted(set(dump.passed_over)))}"
    described = Input(kind="snapshot", path=path.as_posix(), facts=facts)
    return dump.store, list(dump.gaps), _DUMP & groups | {Group.NETWORK}, described


def _own(path: Path, groups: frozenset[Group]) -> tuple[MemoryStore, list[Gap], frozenset[Group], Input]:
    store = MemoryStore()
    replies, gaps = read_replies(path)
    for reply in replies:
        store.put(reply)
    sha256 = None
    if (path / MANIFEST).is_file():
        manifest = read_manifest(path)
        for scope in manifest.get("scopes") or ():
            if isinstance(scope, list) and len(scope) == 2:
                store.add_scope(str(scope[0]), str(scope[1]))
        sha256 = hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()
        journal = hashlib.sha256((path / JOURNAL).read_bytes()).hexdigest()
        if manifest.get("journal_sha256") != journal:
            cause = "it was changed after the run: its hash is not the manifest's"
            gaps.append(Gap(what=(path / JOURNAL).as_posix(), cause=cause, affects="whether all calls are in it"))
        facts = _facts(store) | {str(key): str(manifest[key]) for key in ("taken_at", "caller") if key in manifest}
    else:
        for reply in replies:
            if reply.request.region != GLOBAL:
                store.add_scope(reply.request.account, reply.request.region)
        cause = "the run that wrote it was interrupted"
        gaps.append(Gap(what=path.as_posix(), cause=cause, affects="calls that it did not get to; --resume makes them"))
        facts = _facts(store)
    return store, gaps, groups, Input(kind="snapshot", path=path.as_posix(), sha256=sha256, facts=facts)


def _facts(store: MemoryStore) -> dict[str, str]:
    return {
        "accounts": ", ".join(sorted({account for account, _ in store.scopes})),
        "regions": ", ".join(sorted({region for _, region in store.scopes})),
        "calls": str(sum(1 for _ in store)),
    }
