"""Live AWS accounts to a network: the ``flowcheck account`` command."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from checker import __version__
from checker.errors import Interrupted, UsageError
from checker.load.aws.ask import CALL_SECONDS, Asker, Patience
from checker.load.aws.call import Group
from checker.load.aws.clients import CONNECT_SECONDS, READ_SECONDS, Clients
from checker.load.aws.collect import Keeper, Progress, collect
from checker.load.aws.enter import Account, Entered, Entry, Wanted
from checker.load.aws.failures import TRANSIENT
from checker.load.aws.limits import Limits
from checker.load.aws.organisation import check_words
from checker.load.aws.session import Login
from checker.load.aws.store import MemoryStore
from checker.load.aws.view import Named, Needs
from checker.load.aws.workers import Workers
from checker.model.loaded import Input, Loaded
from checker.model.origin import Source
from checker.model.record import dataclass, field

CONCURRENCY: Final = 32
"""Calls at the same time. Small answers wait for the network: 48 took half the time of 16 over 850 regions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """Which accounts to read, how to get into them, and what to read."""

    groups: frozenset[Group]
    login: Login = field(default_factory=Login)
    regions: tuple[str, ...] = ()
    """Empty for every enabled one."""
    org_role: str | None = None
    """Name of the role in each account of the organisation; None for the one account of the credentials."""
    include: tuple[str, ...] = ()
    """Account ids, organisational units (``ou-...``, ``r-...``) or ``tag:KEY=VALUE``; empty for all."""
    exclude: tuple[str, ...] = ()
    save: Path | None = None
    resume: bool = False
    mask: bool = False
    concurrency: int = CONCURRENCY
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    call_seconds: float = CALL_SECONDS
    """Time in which one request is tried again."""
    most_per_second: float | None = None
    """Bound on the rate of each API in each account and region; None for the table's."""
    named: tuple[Named, ...] = ()
    """Destinations that are read though no flow log delivers there yet: those that a plan names."""


def load_account(
    request: AccountRequest,
    *,
    now: Callable[[], datetime],
    store: MemoryStore | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Loaded:
    """Return the network of one account or of an organisation as it stands; there is no before.

    What ``store`` holds already is not asked again; without one, ``save`` and ``resume`` of the request tell which.
    Raises UsageError or InputError where nothing can be read at all, Interrupted on Ctrl-C. What could not be read of
    what was asked is Unknown in the network and a gap beside it.
    """
    _check(request)
    kept = _store(request) if store is None else store
    stop = threading.Event()
    keeper = Keeper(kept, stop)
    try:
        entered = _run(request, kept, keeper, stop, now, progress or _nobody)
    except KeyboardInterrupt as pressed:
        keeper.end()
        raise Interrupted(
            f"interrupted after {sum(1 for _ in kept)} calls",
            hint=f"`flowcheck account --save {request.save} --resume` goes on from there."
            if request.save is not None
            else "With --save DIR the answers are kept, and --resume goes on.",
        ) from pressed
    loaded = _loaded(kept, request, entered)
    _close(kept, loaded, now())
    return loaded


def _check(request: AccountRequest) -> None:
    check_words(request.include, "--include")
    check_words(request.exclude, "--exclude")
    if request.org_role is None and (request.include or request.exclude):
        raise UsageError("--include and --exclude choose accounts of an organisation", hint="Give --org-role NAME.")
    if request.resume and request.save is None:
        raise UsageError("--resume: no folder is given", hint="Give --save DIR, the folder of the interrupted run.")
    if request.concurrency < 1:
        raise UsageError(f"--concurrency {request.concurrency}: not a number of calls", hint="Give 1 or more.")


def _nobody(_: Progress) -> None:
    """Tell nobody."""


def _run(
    request: AccountRequest,
    store: MemoryStore,
    keeper: Keeper,
    stop: threading.Event,
    now: Callable[[], datetime],
    progress: Callable[[Progress], None],
) -> Entered:
    """Ask everything; the answers are in the store."""
    clients = Clients(
        request.login.profile,
        pool=request.concurrency,
        connect_seconds=request.connect_seconds,
        read_seconds=request.read_seconds,
    )
    limits = Limits(most=request.most_per_second)
    asker = Asker(clients, limits, patience=Patience(seconds=request.call_seconds), stop=stop)
    wanted = Wanted(
        login=request.login,
        regions=request.regions,
        org_role=request.org_role,
        include=request.include,
        exclude=request.exclude,
    )
    workers: Workers[Account | None] = Workers(request.concurrency)
    try:
        entered = Entry(wanted, asker, store, keeper, now).enter(
            workers, lambda done, known: progress(Progress(accounts=known, scopes=0, done=done, known=known, failed=0))
        )
    finally:
        workers.close()
    collect(
        {each.id: each.caller for each in entered.accounts},
        {each.id: each.regions for each in entered.accounts},
        Needs(groups=request.groups, named=request.named),
        store,
        keeper,
        concurrency=request.concurrency,
        progress=progress,
    )
    return entered


def _store(request: AccountRequest) -> MemoryStore:
    if request.save is None:
        return MemoryStore()
    from checker.load.aws.directory import DirectoryStore

    if request.resume:
        return DirectoryStore.resume(request.save, transient=TRANSIENT)
    return DirectoryStore.create(request.save, mask=request.mask)


def _loaded(store: MemoryStore, request: AccountRequest, entered: Entered) -> Loaded:
    from checker.load.aws.convert import network_of

    model, gaps = network_of(store, source=Source.ACCOUNT, groups=request.groups)
    accounts = sorted({account for account, _ in store.scopes})
    facts = {
        "accounts": str(len(accounts)),
        "regions": ", ".join(sorted({region for _, region in store.scopes})),
        "calls": str(sum(1 for _ in store)),
        "who": entered.who,
    }
    if entered.notes:
        facts["note"] = "; ".join(entered.notes)
    return Loaded(after=model, gaps=gaps, inputs=(Input(kind="account", path=", ".join(accounts), facts=facts),))


def _close(store: MemoryStore, loaded: Loaded, at: datetime) -> None:
    """Write the manifest of a saved snapshot."""
    from checker.load.aws.directory import DirectoryStore

    if isinstance(store, DirectoryStore):
        caller = next((reply.response for reply in store.of("sts", "GetCallerIdentity") if reply.response), {})
        store.close(
            {
                "taken_at": at.isoformat(timespec="seconds"),
                "caller": caller.get("Arn"),
                "tool_version": __version__,
                "failed": sum(1 for reply in store if reply.failure is not None and reply.failure.meaning is None),
                "gaps": len(loaded.gaps),
            }
        )
