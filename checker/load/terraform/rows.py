"""Rows of a plan or state: one resource instance each, redacted while the JSON is being decoded.

The hooks here are called by the JSON decoder for every object that closes. They turn a row into its redacted form at
once and let go of rows that nobody reads, so that memory follows what is wanted and not the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from checker.load.terraform.instance import InstanceKey, Value
from checker.load.terraform.redact import LATER, marked, redacted
from checker.load.terraform.source.address import Address, module_address, parse_address, with_key
from checker.model.record import dataclass, replace

ACTIONS: Final = frozenset({"no-op", "create", "read", "update", "delete", "forget"})
"""Source: Terraform's JSON output format, "change representation"."""


@dataclass(frozen=True, slots=True)
class Odd:
    """An object that has the keys of a row but not the shape."""

    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says about itself, whichever list it stands in."""

    address: str
    module: str
    """The module instance; empty for the root module."""
    modules: tuple[tuple[str, InstanceKey], ...]
    """Module calls on the way, each with the key of its instance."""
    managed: bool
    type: str
    name: str
    index: InstanceKey
    provider: str
    """``registry.terraform.io/hashicorp/aws``; empty when not told."""
    deposed: str | None

    @property
    def kind(self) -> str:
        """``aws_vpc``, or ``data.aws_vpc`` for a data source."""
        return self.type if self.managed else f"data.{self.type}"

    @property
    def module_path(self) -> tuple[str, ...]:
        """Names of the module calls on the way, without instance keys."""
        return tuple([name for name, _ in self.modules])

    @property
    def local(self) -> str:
        """The address inside the module instance."""
        return self.address.removeprefix(f"{self.module}.") if self.module else self.address

    def at(self, address: str) -> Row:
        """Return the row at another address: where an instance was before it moved."""
        parsed = parse_address(address)
        if address == self.address or parsed is None:
            return self
        return _named(address, parsed, self.provider, self.deposed)


@dataclass(frozen=True, slots=True)
class Held:
    """One object that a state holds."""

    row: Row
    values: Mapping[str, Value] | None
    """None where nobody reads them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned or detected change. Values are None where there is no object, or where nobody reads them."""

    row: Row
    previous: str | None
    actions: tuple[str, ...]
    before: Mapping[str, Value] | None
    after: Mapping[str, Value] | None
    open: bool
    """Whether any value of ``after`` is known only after apply."""
    reason: str | None
    replace_paths: tuple[str, ...]
    imported: bool

    @property
    def stays(self) -> bool:
        """Whether the object is there, and managed here, after the apply."""
        return self.row.deposed is None and bool(_BUILDING.intersection(self.actions))

    @property
    def was(self) -> str:
        """The address before the plan."""
        return self.previous or self.row.address


_BUILDING: Final = frozenset({"no-op", "create", "read", "update"})


def change_hook(wanted: Container[str]) -> Callable[[dict[str, Any]], Any]:
    """Return the hook for ``resource_changes`` and ``resource_drift``: rows become Planned or Odd."""

    def hook(item: dict[str, Any]) -> Any:
        if "change" not in item or "address" not in item or "mode" not in item:
            return item
        return _planned(item, wanted)

    return hook


def state_hook(wanted: Callable[[Row], bool]) -> Callable[[dict[str, Any]], Any]:
    """Return the hook for states: rows become Held or Odd; those that are not wanted lose their values."""

    def hook(item: dict[str, Any]) -> Any:
        if "address" not in item or "mode" not in item or "type" not in item or "child_modules" in item:
            return item
        row = _row(item)
        if isinstance(row, Odd):
            return row
        values = item.get("values")
        if not wanted(row) or row.deposed is not None:
            kept = None
        elif isinstance(values, dict):
            kept = redacted(values, None, item.get("sensitive_values"))
        else:
            kept = {}
        return Held(row, kept)

    return hook


def address_hook(item: dict[str, Any]) -> Any:
    """Let go of everything in ``planned_values`` but the addresses of managed objects, each a tuple of one.

    Stands in for ``state_hook``, which tells more of a row and what is odd about it, and costs three times as much.
    """
    if "address" not in item or "mode" not in item or "type" not in item or "child_modules" in item:
        return item
    address = item["address"]
    plain = item["mode"] == "managed" and "deposed" not in item and "deposed_key" not in item
    whole = isinstance(address, str) and ("index" not in item or address.endswith("]"))
    return (address,) if plain and whole else None


def _row(item: Mapping[str, Any]) -> Row | Odd:
    """Return what every row has; the address decides where its parts contradict it."""
    text = item["address"]
    address = parse_address(text) if isinstance(text, str) else None
    if address is None:
        return Odd("its address cannot be read")
    index = item.get("index")
    if address.key is None and isinstance(index, int | str) and not isinstance(index, bool):
        # Terraform 0.12 leaves the index out of the addresses in prior_state.
        text, address = with_key(text, index), replace(address, key=index)
    deposed = item.get("deposed", item.get("deposed_key"))
    provider = item.get("provider_name")
    return _named(
        text,
        address,
        provider if isinstance(provider, str) else "",
        deposed if isinstance(deposed, str) else None,
    )


def _named(text: str, address: Address, provider: str, deposed: str | None) -> Row:
    return Row(
        address=text,
        module=module_address(address.modules),
        modules=address.modules,
        managed=address.mode == "managed",
        type=address.type,
        name=address.name,
        index=address.key,
        provider=provider,
        deposed=deposed,
    )


def _planned(item: Mapping[str, Any], wanted: Container[str]) -> Planned | Odd:
    row = _row(item)
    if isinstance(row, Odd):
        return row
    change = item["change"]
    if not isinstance(change, dict):
        return Odd("its change is no object")
    actions = change.get("actions")
    if not isinstance(actions, list) or not actions or not all(isinstance(each, str) for each in actions):
        return Odd("its actions are no list of words")
    if not ACTIONS.issuperset(actions):
        return Odd(f"flowcheck does not know the action {'/'.join(actions)}")
    previous, reason = item.get("previous_address"), item.get("action_reason")
    before, after, is_open = _values(change) if row.kind in wanted else (None, _open_names(change), False)
    return Planned(
        row=row,
        previous=previous if isinstance(previous, str) and previous != row.address else None,
        actions=tuple(actions),
        before=before,
        after=after,
        open=is_open,
        reason=reason if isinstance(reason, str) else None,
        replace_paths=_replace_paths(change["replace_paths"]) if "replace_paths" in change else (),
        imported=isinstance(change.get("importing"), dict),
    )


def _values(change: Mapping[str, Any]) -> tuple[Mapping[str, Value] | None, Mapping[str, Value] | None, bool]:
    """Return the redacted object before and after, and whether ``after`` has open values. Equal ones are shared."""
    raw_before, raw_after = change.get("before"), change.get("after")
    unknown, hidden = change.get("after_unknown"), change.get("after_sensitive")
    was_hidden = change.get("before_sensitive")
    before = redacted(raw_before, None, was_hidden) if isinstance(raw_before, dict) else None
    if isinstance(raw_after, dict) and raw_after == raw_before and hidden == was_hidden and not marked(unknown):
        return before, before, False
    after = redacted(raw_after, unknown, hidden) if isinstance(raw_after, dict) else None
    return before, after, marked(unknown)


def _open_names(change: Mapping[str, Any]) -> Mapping[str, Value] | None:
    """Return which attributes of an object that nobody reads are not known yet: references to it need to know."""
    unknown = change.get("after_unknown")
    return {name: LATER for name, mark in unknown.items() if marked(mark)} if isinstance(unknown, dict) else None


def _replace_paths(paths: Any) -> tuple[str, ...]:
    """Return the arguments that force a replacement: the first step of each path."""
    if not isinstance(paths, list):
        return ()
    firsts = {path[0] for path in paths if isinstance(path, list) and path and isinstance(path[0], str)}
    return tuple(sorted(firsts))


def deposed_key(row: Row) -> str | None:
    """Return the key of a deposed flow log in the network before the plan; None for what is not kept there."""
    if row.deposed is None or row.type != "aws_flow_log":
        return None
    return f"{row.address} (deposed {row.deposed})"
