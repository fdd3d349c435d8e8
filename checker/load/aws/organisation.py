"""The accounts of an organisation, chosen by id, organisational unit and tag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.load.aws.call import GLOBAL, Reply, Request
from checker.model.record import dataclass

_ACTIVE: Final = "ACTIVE"
TAG: Final = "tag:"
UNITS: Final = ("ou-", "r-")
"""How the id of an organisational unit begins, and that of the root."""

Ask = Callable[[str, "str | None"], Reply]
"""Makes a call of AWS Organizations: operation and resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The accounts to read, and those that are named and not read."""

    accounts: tuple[str, ...]
    passed_over: tuple[str, ...]
    """One sentence for each account that is suspended or closing."""


def choose(ask: Ask, include: Sequence[str], exclude: Sequence[str]) -> Chosen:
    """Return the accounts of the organisation that are asked for.

    Raises InputError where the organisation cannot be listed, UsageError for a word that chooses nothing.
    """
    listed = ask("ListAccounts", None)
    if listed.failure is not None:
        raise InputError(
            f"the organisation cannot be listed: {listed.failure.code}: {listed.failure.message}",
            hint="Run it in the management account or a delegated administrator; `--print-policy` names the actions.",
        )
    rows = [row for row in (listed.response or {}).get("Accounts", []) if isinstance(row, dict) and "Id" in row]
    states = {str(row["Id"]): _state(row) for row in rows}
    if missing := sorted(word for word in include if word.isdigit() and word not in states):
        raise UsageError(
            f"--include {', '.join(missing)}: not in the organisation", hint=f"It has {len(states)} accounts."
        )
    selector = _Selector(ask, {str(row["Id"]): _units_above(row) for row in rows})
    meant = [each for each in sorted(states) if not include or selector.any(each, include)]
    meant = [each for each in meant if not selector.any(each, exclude)]
    chosen = tuple(each for each in meant if states[each] == _ACTIVE)
    if not chosen:
        raise UsageError(
            "--include and --exclude leave no active account", hint=f"The organisation has {len(states)} accounts."
        )
    passed_over = (f"account {each} is {states[each]}: not read" for each in meant if states[each] != _ACTIVE)
    return Chosen(accounts=chosen, passed_over=tuple(passed_over))


def _units_above(row: dict[str, Any]) -> frozenset[str]:
    """Return the units and the root above an account, where the listing tells its paths."""
    paths = row.get("Paths")
    return (
        frozenset(step for path in paths for step in str(path).split("/")) if isinstance(paths, list) else frozenset()
    )


def _state(row: dict[str, Any]) -> str:
    """Return the state of an account; ``Status`` is the older name. Source: Organizations API, ``Account``."""
    return str(row.get("State") or row.get("Status") or _ACTIVE)


def check_words(words: Iterable[str], flag: str) -> None:
    """Raise UsageError for a word that is no account id, organisational unit, root or tag."""
    for word in words:
        account = len(word) == 12 and word.isdigit()
        tag = word.startswith(TAG) and "=" in word
        if not (account or tag or word.startswith(UNITS)):
            raise UsageError(
                f"{flag} {word}: neither an account, nor an organisational unit, nor a tag",
                hint="Write 111122223333, ou-abcd-11111111, r-abcd or tag:env=prod.",
            )


class _Selector:
    """Answers whether an account is meant by a word; asks for parents and tags only where a word needs them."""

    def __init__(self, ask: Ask, above: Mapping[str, frozenset[str]]) -> None:
        self._ask = ask
        self._told = above
        self._parents: dict[str, str | None] = {}
        self._tags: dict[str, dict[str, str]] = {}

    def any(self, account: str, words: Sequence[str]) -> bool:
        return any(self._means(account, word) for word in words)

    def _means(self, account: str, word: str) -> bool:
        if word.startswith(TAG):
            key, _, value = word.removeprefix(TAG).partition("=")
            return self._tags_of(account).get(key) == value
        if word.startswith(UNITS):
            return word in self._above(account)
        return word == account

    def _above(self, account: str) -> Collection[str]:
        if told := self._told.get(account):
            return told
        found: list[str] = []
        child: str | None = account
        while child is not None and len(found) < 10:  # an organisation is five levels deep at most
            child = self._parent(child)
            found += [child] if child is not None else []
        return found

    def _parent(self, child: str) -> str | None:
        if child not in self._parents:
            rows = self._rows("ListParents", child, "Parents")
            self._parents[child] = str(rows[0]["Id"]) if rows else None
        return self._parents[child]

    def _tags_of(self, account: str) -> dict[str, str]:
        if account not in self._tags:
            rows = self._rows("ListTagsForResource", account, "Tags")
            self._tags[account] = {str(row.get("Key")): str(row.get("Value")) for row in rows}
        return self._tags[account]

    def _rows(self, operation: str, resource: str, member: str) -> list[dict[str, Any]]:
        if resource.startswith("r-") and operation == "ListParents":
            return []
        reply = self._ask(operation, resource)
        if reply.failure is not None:
            raise InputError(
                f"organizations:{operation} for {resource}: {reply.failure.code}: {reply.failure.message}",
                hint="Without it --include and --exclude cannot be decided.",
            )
        return [row for row in (reply.response or {}).get(member, []) if isinstance(row, dict)]


def request(account: str, operation: str, resource: str | None) -> Request:
    """Return a request to AWS Organizations, made with one account's credentials."""
    return Request(account=account, region=GLOBAL, service="organizations", operation=operation, resource=resource)
