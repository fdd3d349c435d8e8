"""Whose VPC is it? Shared ones are charged to their owner, and others' are judged where they are kept."""

from __future__ import annotations

from checker.model.finding import Json
from checker.model.known import Unknown
from checker.model.network import Vpc
from checker.rules._live import is_live
from checker.rules._rule import Context, Outcome
from checker.rules._say import fact, name, not_applicable, unknown


def shared(vpc: Vpc, ctx: Context, facts: dict[str, Json]) -> Outcome | None:
    """Return the outcome for a VPC that belongs to another account, None for one's own."""
    if isinstance(vpc.owner, Unknown) or isinstance(vpc.account, Unknown):
        return _whose(vpc, facts)
    if vpc.owner == vpc.account:
        return None
    facts = {**facts, "owner": vpc.owner}
    says = f"it is shared by account {vpc.owner}; only the owner can record the whole VPC"
    if vpc.owner in _scanned(ctx):
        return not_applicable(f"{name(vpc)} is judged with its owner {vpc.owner}.", [fact(says, vpc)], facts)
    return unknown(f"{name(vpc)}: owner {vpc.owner} was not scanned.", [fact(says, vpc)], facts)


def _whose(vpc: Vpc, facts: dict[str, Json]) -> Outcome | None:
    """Return "not known" for a live VPC; what Terraform manages is its own account's."""
    if not is_live(vpc):
        return None
    reason = next(value.reason for value in (vpc.owner, vpc.account) if isinstance(value, Unknown))
    return unknown(f"{name(vpc)}: whose VPC it is is not known ({reason}).", [fact(reason, vpc)], facts)


def _scanned(ctx: Context) -> frozenset[str]:
    """Return the accounts that the input shows from within."""
    memo = ("accounts",)
    found = ctx.memory.get(memo)
    if not isinstance(found, frozenset):
        everybody = (*ctx.model.vpcs, *ctx.model.flow_logs, *ctx.model.subnets)
        found = frozenset(entity.account for entity in everybody if isinstance(entity.account, str))
        ctx.memory[memo] = found
    return found
