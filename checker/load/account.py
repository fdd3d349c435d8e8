"""Live AWS accounts to a network: the ``flowcheck account`` command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from checker import __version__
from checker.errors import InputError, UsageError
from checker.load.aws.call import GLOBAL, Failure, Group, Reply, Request
from checker.load.aws.collect import TRANSIENT, Caller, Progress, collect
from checker.load.aws.limits import Limits
from checker.load.aws.organisation import check_words, choose, request
from checker.load.aws.session import Login, Session, home_region, open_session
from checker.load.aws.store import MemoryStore
from checker.model.loaded import Input, Loaded
from checker.model.origin import Source

CONCURRENCY: Final = 16
"""Calls at the same time. More gains little: reading the answers takes most of one core."""

_OPTED_IN: Final = ("opt-in-not-required", "opted-in")


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
    exclude: tuple[str, ...] = ()
    save: Path | None = None
    resume: bool = False
    mask: bool = False
    concurrency: int = CONCURRENCY


@dataclass(frozen=True, slots=True)
class _Account:
    """One account that can be read."""

    id: str
    caller: Caller
    regions: tuple[str, ...]


def load_account(
    request: AccountRequest, *, now: Callable[[], datetime], progress: Callable[[Progress], None] | None = None
) -> Loaded:
    """Return the network of one account or of an organisation as it stands; there is no before.

    Raises UsageError or InputError where nothing can be read at all, Interrupted on Ctrl-C. What could not be read of
    what was asked is Unknown in the network and a gap beside it.
    """
    check_words(request.include, "--include")
    check_words(request.exclude, "--exclude")
    store = _store(request)
    run = _Run(request, store, now)
    accounts, notes = run.accounts()
    collect(
        {each.id: each.caller for each in accounts},
        {each.id: each.regions for each in accounts},
        request.groups,
        store,
        concurrency=request.concurrency,
        progress=progress,
    )
    loaded = _loaded(store, request, notes)
    _close(store, loaded, now())
    return loaded


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


def _store(request: AccountRequest) -> MemoryStore:
    if request.save is None:
        return MemoryStore()
    from checker.load.aws.directory import DirectoryStore

    if request.resume:
        return DirectoryStore.resume(request.save, transient=TRANSIENT)
    return DirectoryStore.create(request.save, mask=request.mask)


def _loaded(store: MemoryStore, request: AccountRequest, notes: Sequence[str]) -> Loaded:
    from checker.load.aws.convert import network_of

    model, gaps = network_of(store, source=Source.ACCOUNT, groups=request.groups)
    accounts = sorted({account for account, _ in store.scopes})
    regions = sorted({region for _, region in store.scopes})
    facts = {"accounts": str(len(accounts)), "regions": ", ".join(regions), "calls": str(sum(1 for _ in store))}
    if notes:
        facts["note"] = "; ".join(notes)
    return Loaded(after=model, gaps=gaps, inputs=(Input(kind="account", path=", ".join(accounts), facts=facts),))


class _Run:
    """Finds the accounts and their regions."""

    def __init__(self, request: AccountRequest, store: MemoryStore, now: Callable[[], datetime]) -> None:
        self._request = request
        self._store = store
        self._now = now
        self._limits = Limits()
        self._session = open_session(request.login, pool=request.concurrency)

    def accounts(self) -> tuple[list[_Account], list[str]]:
        """Return the accounts that can be read, and what is to be said of others."""
        own, arn = self._identity()
        home = home_region(arn)
        if self._request.org_role is None:
            return [self._account(own, self._session, home, only=True)], []
        caller = Caller(self._session, self._limits, self._now, home=home)

        def ask(operation: str, resource: str | None) -> Reply:
            return self._keep(caller.answer(request(own, operation, resource)))

        chosen = choose(ask, self._request.include, self._request.exclude)
        found = [self._member(each, own, arn, home) for each in chosen.accounts]
        accounts = [each for each in found if each is not None]
        if not accounts:
            raise InputError(
                f"none of the {len(found)} accounts can be entered through the role {self._request.org_role}",
                hint="The role must exist in each account and trust the account that flowcheck runs in.",
            )
        return accounts, list(chosen.passed_over)

    def _identity(self) -> tuple[str, str]:
        """Return the account and ARN of the credentials; raises UsageError where they do not work."""
        region = self._session.region or (self._request.regions[0] if self._request.regions else "us-east-1")
        caller = Caller(self._session, self._limits, self._now, home=region)
        reply = caller.answer(_base("unknown", "sts", "GetCallerIdentity"))
        if reply.failure is not None:
            raise UsageError(
                f"AWS does not accept the credentials: {reply.failure.code}: {reply.failure.message}",
                hint="`aws sts get-caller-identity` tells whether they work.",
            )
        account, arn = str((reply.response or {}).get("Account")), str((reply.response or {}).get("Arn"))
        self._keep(
            Reply(
                request=_base(account, "sts", "GetCallerIdentity"),
                response=reply.response,
                failure=None,
                requested_at=reply.requested_at,
            )
        )
        return account, arn

    def _member(self, account: str, own: str, arn: str, home: str) -> _Account | None:
        """Return an account of the organisation; None, with the failure kept, where its role cannot be assumed."""
        from botocore.exceptions import BotoCoreError, ClientError

        if account == own:
            return self._account(account, self._session, home, only=False)
        login = self._request.login
        role = f"arn:{arn.split(':')[1]}:iam::{account}:role/{self._request.org_role}"
        try:
            session = self._session.assumed(
                role, region=home, name=login.session_name, external_id=login.external_id, tags=login.session_tags
            )
        except (ClientError, BotoCoreError) as error:
            said: Mapping[str, Any] = getattr(error, "response", {}).get("Error", {})
            code = str(said.get("Code", "EndpointUnreachable"))
            failure = Failure(code=code, message=f"{role} cannot be assumed")
            self._keep(
                Reply(
                    request=_base(account, "sts", "GetCallerIdentity"),
                    response=None,
                    failure=failure,
                    requested_at=self._now(),
                )
            )
            return None
        return self._account(account, session, home, only=False)

    def _account(self, account: str, session: Session, home: str, *, only: bool) -> _Account:
        caller = Caller(session, self._limits, self._now, home=home)
        reply = self._keep(caller.answer(_base(account, "ec2", "DescribeRegions")))
        return _Account(account, caller, self._regions(reply, session, only=only))

    def _regions(self, reply: Reply, session: Session, *, only: bool) -> tuple[str, ...]:
        """Return the regions to read: those asked for, as far as they are enabled, or all enabled ones."""
        asked = self._request.regions
        if reply.failure is not None:
            return asked or ((session.region,) if session.region else ())
        rows = (reply.response or {}).get("Regions", [])
        enabled = sorted(
            str(row.get("RegionName"))
            for row in rows
            if isinstance(row, dict) and row.get("OptInStatus", _OPTED_IN[0]) in _OPTED_IN
        )
        wrong = [each for each in asked if each not in enabled]
        if wrong and only:
            raise UsageError(
                f"--region {', '.join(wrong)}: not enabled in this account", hint=f"Enabled: {', '.join(enabled)}."
            )
        return tuple(each for each in asked if each in enabled) if asked else tuple(enabled)

    def _keep(self, reply: Reply) -> Reply:
        self._store.put(reply)
        return reply


def _base(account: str, service: str, operation: str) -> Request:
    return Request(account=account, region=GLOBAL, service=service, operation=operation)
