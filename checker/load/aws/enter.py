"""Into the accounts: whose credentials, which accounts, which regions of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.load.aws.ask import Asker, Identity, Stopped
from checker.load.aws.call import GLOBAL, Failure, Reply, Request
from checker.load.aws.collect import Caller, Keeper
from checker.load.aws.failures import UNREACHABLE, CallFailed
from checker.load.aws.organisation import choose, request
from checker.load.aws.session import (
    HOME_REGIONS,
    WHERE,
    Login,
    assumed,
    home_region,
    logged_in,
    own_credentials,
    partition_of,
)
from checker.load.aws.store import MemoryStore
from checker.load.aws.workers import Workers
from checker.model.arn import partition_of_region
from checker.model.record import dataclass, replace

_OPTED_IN: Final = ("opt-in-not-required", "opted-in")
_TICK: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts and regions are to be read."""

    login: Login
    regions: tuple[str, ...]
    """Empty for every enabled one."""
    org_role: str | None
    """None for the one account of the credentials."""
    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One account that can be read."""

    id: str
    caller: Caller
    regions: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """The accounts that can be read, and what is to be said of the others."""

    who: str
    """ARN of the caller."""
    accounts: tuple[Account, ...]
    notes: tuple[str, ...]


class Entry:
    """Enters accounts. What is in the store already, from an interrupted run, is not asked again."""

    def __init__(
        self, wanted: Wanted, asker: Asker, store: MemoryStore, keeper: Keeper, now: Callable[[], datetime]
    ) -> None:
        self._wanted = wanted
        self._asker = asker
        self._store = store
        self._keeper = keeper
        self._now = now
        self._own = ""
        self._arn = ""
        self._near = ""
        """A region that answers: from a closed network not every one does."""

    def enter(self, workers: Workers[Account | None], progress: Callable[[int, int], None]) -> Entered:
        """Return the accounts; ``progress`` gets how many are done, of how many.

        Raises UsageError and InputError where nothing can be read.
        """
        identity = self._log_in()
        home = home_region(self._arn, self._asker.clients.region)
        caller = Caller(identity, self._asker, self._now, home=home)
        if self._wanted.org_role is None:
            account = self._account(self._own, caller)
            self._check_regions([account])
            return Entered(self._arn, (account,), ())
        chosen = choose(
            lambda operation, resource: self._kept(caller, request(self._own, operation, resource)),
            self._wanted.include,
            self._wanted.exclude,
        )
        accounts = self._members(chosen.accounts, caller, home, workers, progress)
        self._check_regions(accounts)
        notes = [*chosen.passed_over, *(note for each in accounts for note in each.notes)]
        return Entered(self._arn, tuple(accounts), tuple(notes))

    def _log_in(self) -> Identity:
        """Return the identity to begin with, which AWS has confirmed."""
        wanted = self._wanted
        own = own_credentials(wanted.login.profile, self._now)
        region = self._asker.clients.region or (wanted.regions[0] if wanted.regions else None)
        identity = logged_in(self._asker, own, wanted.login, region=region, now=self._now)
        reply = self._confirmed(identity, region)
        if reply.failure is not None:
            raise UsageError(_refused(reply.failure), hint=WHERE)
        answer = reply.response or {}
        self._own, self._arn = str(answer.get("Account")), str(answer.get("Arn"))
        identity.account = self._own
        self._check_resumed()
        confirmed = _base(self._own, "sts", "GetCallerIdentity")
        self._keeper.keep(Reply(request=confirmed, response=answer, failure=None, requested_at=reply.requested_at))
        return identity

    def _confirmed(self, identity: Identity, region: str | None) -> Reply:
        """Return what AWS says of an identity: in the configured region, or where nobody answers there, at home."""
        roles = self._wanted.login.role_arns
        partition = partition_of(roles[-1]) if roles else partition_of_region(region or "")
        home = HOME_REGIONS.get(partition, HOME_REGIONS["aws"])
        for self._near in dict.fromkeys([region or home, home]):
            caller = Caller(identity, self._asker, self._now, home=self._near)
            reply = caller.answer(_base("unknown", "sts", "GetCallerIdentity"))
            if reply.failure is None or reply.failure.code not in UNREACHABLE:
                break
        return reply

    def _check_resumed(self) -> None:
        for reply in self._store.of("sts", "GetCallerIdentity"):
            before = (reply.response or {}).get("Account")
            if before is not None and before != self._own:
                raise InputError(
                    f"the run to resume was begun with credentials of account {before}, these are of {self._own}",
                    hint="Use the same credentials, or begin anew in another folder.",
                )

    def _members(
        self,
        accounts: Sequence[str],
        caller: Caller,
        home: str,
        workers: Workers[Account | None],
        progress: Callable[[int, int], None],
    ) -> list[Account]:
        """Return the accounts of an organisation that can be entered; raises InputError where none can."""
        for account in accounts:
            workers.give(lambda account=account: self._member(account, caller, home))  # type: ignore[misc]
        found: list[Account] = []
        try:
            while workers.busy:
                found += [each for each in workers.collect(_TICK) if each is not None]
                progress(len(accounts) - workers.busy, len(accounts))
        except KeyboardInterrupt:
            self._keeper.stop()
            raise
        if not found:
            raise InputError(
                f"none of the {len(accounts)} accounts can be entered through the role {self._wanted.org_role}",
                hint="The role must exist in each account and trust the account that flowcheck runs in.",
            )
        return sorted(found, key=lambda each: each.id)

    def _member(self, account: str, caller: Caller, home: str) -> Account | None:
        """Return an account of the organisation; None, with the failure kept, where its role cannot be assumed."""
        login = self._wanted.login
        place = _base(account, "sts", "GetCallerIdentity")
        if account == self._own:
            return self._account(account, caller)
        before = self._store.get(account, GLOBAL, "sts", "GetCallerIdentity")
        if before is not None and before.failure is not None:
            return None
        role = f"arn:{partition_of(self._arn)}:iam::{account}:role/{self._wanted.org_role}"
        at = self._now()
        try:
            identity = assumed(
                self._asker,
                caller.identity,
                role,
                login,
                region=self._near,
                now=self._now,
                external_id=login.external_id,
            )
            return self._account(account, Caller(identity, self._asker, self._now, home=home))
        except CallFailed as error:
            failure = Failure(code=error.failure.code, message=f"{role} cannot be assumed: {error.failure.message}")
            self._keeper.keep(Reply(request=place, response=None, failure=failure, requested_at=at))
        except Stopped:
            pass
        return None

    def _account(self, account: str, caller: Caller) -> Account:
        """Return an account with the regions to read: the enabled ones of those asked for, or of all."""
        asked = self._wanted.regions
        reply = self._listed(caller, account)
        if reply.failure is not None:
            return Account(account, caller, asked or (self._asker.clients.region or home_region(self._arn),))
        enabled = _enabled(reply)
        regions = tuple(each for each in asked if each in enabled) if asked else enabled
        notes = (
            f"account {account}: {each} is not enabled there, and was not read" for each in asked if each not in enabled
        )
        return Account(account, caller, regions, tuple(notes))

    def _check_regions(self, accounts: Sequence[Account]) -> None:
        """Raise UsageError for a region that is enabled in none of the accounts."""
        read = {region for each in accounts for region in each.regions}
        wrong = [each for each in self._wanted.regions if each not in read]
        if not wrong:
            return
        enabled = set()
        for each in accounts:
            enabled |= set(_enabled(self._listed(each.caller, each.id)))
        where = f"account {accounts[0].id}" if len(accounts) == 1 else f"any of the {len(accounts)} accounts"
        raise UsageError(
            f"--region {', '.join(wrong)}: not enabled in {where}", hint=f"Enabled: {', '.join(sorted(enabled))}."
        )

    def _listed(self, caller: Caller, account: str) -> Reply:
        return self._kept(caller, replace(_base(account, "ec2", "DescribeRegions"), at=self._near))

    def _kept(self, caller: Caller, asked: Request) -> Reply:
        """Return the reply to a request, made now unless an interrupted run made it."""
        before = self._store.get(asked.account, asked.region, asked.service, asked.operation, asked.resource)
        return before or self._keeper.keep(caller.answer(asked))


def _refused(failure: Failure) -> str:
    said = f"{failure.code}: {failure.message}".rstrip(": ")
    if failure.code == "NoCredentials":
        return f"the AWS credentials cannot be got: {failure.message}"
    if failure.code in ("EndpointUnreachable", "Timeout"):
        return f"AWS cannot be reached: {failure.message}"
    return f"AWS does not accept the credentials: {said}"


def _enabled(reply: Reply) -> tuple[str, ...]:
    rows: list[Any] = (reply.response or {}).get("Regions", [])
    return tuple(
        sorted(
            str(row.get("RegionName"))
            for row in rows
            if isinstance(row, dict) and row.get("OptInStatus", _OPTED_IN[0]) in _OPTED_IN
        )
    )


def _base(account: str, service: str, operation: str) -> Request:
    return Request(account=account, region=GLOBAL, service=service, operation=operation)
