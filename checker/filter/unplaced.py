"""Records that the network cannot place, and windows without any: said aloud, with what would help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.filter.index import Index
from checker.model.finding import Gap
from checker.model.flow_log import FlowLog, TrafficType
from checker.model.origin import Source
from checker.model.traffic import TrafficLog

_SHOWN: Final = 3
_LIVE: Final = (Source.ACCOUNT, Source.SNAPSHOT)


def unplaced(log: TrafficLog, index: Index) -> tuple[Gap, ...]:
    """Return what the network does not show of the interfaces that were recorded: one gap at most.

    Where AWS itself gives the reason of a reject, no network is needed to tell it.
    """
    strange = [each for each in log.interfaces if each.rejected and index.interface(each.interface) is None]
    if not strange:
        return ()
    told = {each.interface for each in log.aggregates if each.reject_reason is not None}
    open_ = {each.interface for each in log.aggregates if each.reject_reason is None}
    strange = [each for each in strange if each.interface in open_ or each.interface not in told]
    if not strange:
        return ()
    names = ", ".join(each.interface for each in strange[:_SHOWN])
    more = f" and {len(strange) - _SHOWN:,} more" if len(strange) > _SHOWN else ""
    places = {each.interface for each in strange}
    unsaid = (each for each in log.aggregates if each.interface in places and each.reject_reason is None)
    records = sum(each.traffic.records for each in unsaid)  # each of them once
    recorded = {each.account for each in log.aggregates if each.account and each.interface in places}
    known = any(index.interface(each.interface) is not None for each in log.interfaces)
    return (
        Gap(
            what=f"{names}{more}",
            cause=f"not in the network that was given: {'; '.join(_why(recorded, index, known=known))}",
            affects=f"why {records:,} of their records were rejected",
        ),
    )


def _why(recorded: set[str], index: Index, *, known: bool) -> Iterator[str]:
    """Yield the likely reason, and what to pass instead."""
    model = index.model
    if all(each.origin.source not in _LIVE for each in model.vpcs) and not known:
        if not any(isinstance(each.id, str) for each in model.network_interfaces):
            yield (
                "a plan or source bears no interface ids; pass the state (terraform show -json), a snapshot "
                "(flowcheck account --save DIR) or account"
            )
            return
        yield "of another root module or made outside Terraform; pass a snapshot (flowcheck account --save DIR)"
        return
    shown = {each.account for each in model.vpcs if isinstance(each.account, str)}
    if recorded and shown and not recorded & shown:
        yield f"the records are of account {', '.join(sorted(recorded))}, the network is of {', '.join(sorted(shown))}"
    else:
        yield "deleted since, of another account or region, or made after the network was read"
    yield "pass the network of the same account and time"


def one_sided(log: TrafficLog, index: Index) -> tuple[Gap, ...]:
    """Return what logs of accepted or of rejected traffic alone cannot show; nothing where they record both.

    Of logs without any reject it counts what the network tells of the flow logs: there may have been none.
    """
    summary = log.summary
    if not summary.accepted + summary.rejected:
        return ()
    types = {each.traffic_type for each in _delivering(log, index) if isinstance(each.traffic_type, TrafficType)}
    if not summary.rejected and types in ({TrafficType.ACCEPT}, set()):
        known = "record accepted traffic only" if types else "may record accepted traffic only; the network shows none"
        return (
            Gap(what="rejected traffic", cause=f"the flow logs {known}", affects="whether any was rejected, and why"),
        )
    if types == {TrafficType.REJECT} and not summary.accepted:
        cause = "the flow logs record rejected traffic only"
        return (
            Gap(
                what="accepted traffic",
                cause=cause,
                affects="which rejected packets are replies, and which rules are used",
            ),
        )
    return ()


def _delivering(log: TrafficLog, index: Index) -> list[FlowLog]:
    """Return the flow logs whose ids the names of files tell; without such names all of the network."""
    named = {name for each in log.interfaces for name in each.flow_logs if name}
    logs = index.model.flow_logs
    return [each for each in logs if isinstance(each.id, str) and each.id in named] if named else [*logs]


def nothing_left(log: TrafficLog, filters: str) -> tuple[Gap, ...]:
    """Return why there is nothing to explain where window and filters let no record pass.

    ``filters`` are they, in the words of the command line; empty where there are none.
    """
    if log.summary.records or not filters:
        return ()
    outside = log.summary.outside
    cause = f"none of {outside:,} records passes" if outside else "no file or object of the logs can hold such records"
    return (Gap(what=filters, cause=cause, affects="rejected traffic of that kind, if there was any"),)
