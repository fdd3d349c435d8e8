"""What a loader returns: the network after, the network before, and what happened in between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from checker.model.finding import Gap
from checker.model.known import Key
from checker.model.model import NetworkModel
from checker.model.origin import Origin
from checker.model.record import dataclass, field


class ChangeAction(StrEnum):
    """What Terraform will do with one resource instance."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    """Destroyed first, then created: there is a gap."""
    REPLACE_CREATE_FIRST = "replace-create-first"
    """create_before_destroy: no gap."""
    FORGET = "forget"
    """Removed from the state; the object stays (``removed`` block, ``terraform state rm``)."""
    NO_OP = "no-op"
    DRIFT_DELETE = "drift-delete"
    """Vanished outside Terraform since the last apply."""
    DRIFT_UPDATE = "drift-update"
    """Changed outside Terraform since the last apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """One planned (or detected) change of one instance."""

    action: ChangeAction
    type: str
    before_key: Key | None
    """Key in the model before; differs from ``after_key`` for moved resources."""
    after_key: Key | None
    reason: str | None = None
    """Terraform's ``action_reason`` or the arguments that force the replacement, as text."""
    imported: bool = False
    moved_from: str | None = None
    deposed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineWaiver:
    """``# flowcheck:ignore=FL003 reason=... until=...`` on a resource or a module call."""

    rules: tuple[str, ...]
    address: str
    """Absolute address without instance keys of the resource or module call it stands on."""
    root: str
    reason: str | None
    owner: str | None
    until: date | None
    origin: Origin
    error: str | None = None
    """What is wrong with it (no reason, a bad date); such a waiver waives nothing and is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input file or folder, as the report names it."""

    kind: str
    """plan, hcl, state, account or snapshot."""
    path: str
    sha256: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """terraform_version, format_version, provider versions, mode (targeted, destroy, refresh-only), ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The result of every loader."""

    after: NetworkModel
    before: NetworkModel | None = None
    """None where there is no before (HCL, state, account)."""
    changes: tuple[ResourceChange, ...] = ()
    gaps: tuple[Gap, ...] = ()
    inline_waivers: tuple[InlineWaiver, ...] = ()
    inputs: tuple[Input, ...] = ()
    laid_over: bool = False
    """True for a plan over a live network: the networks hold far more than the plan names."""
