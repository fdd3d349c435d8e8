"""Does anything arrive? What the destination itself shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from checker.model.flow_log import FlowLog, Freshness, TrafficType
from checker.model.known import Unknown
from checker.model.network import NetworkInterface
from checker.rules._coverage import scopes, target_of
from checker.rules._point import Point
from checker.rules._rule import Context

_DELAY: Final = timedelta(minutes=15)
"""What delivery may take, generously: about 5 minutes to a log group, 10 to a bucket (VPC User Guide)."""

_LOGS_DELAY: Final = timedelta(hours=1)
"""CloudWatch Logs brings a stream's last event up to date within about an hour (API reference, ``LogStream``)."""


def freshness_points(log: FlowLog, ctx: Context) -> list[Point]:
    """Return whether something arrived lately; nothing where nobody looked."""
    fresh = log.freshness
    if fresh is None or isinstance(fresh, Unknown):
        return []
    if isinstance(fresh.newest, Unknown):
        says = f"when something last arrived is not known ({fresh.newest.reason})"
        return [Point(ok=True, says=says, entity=log)]
    limit = _limit(log, fresh)
    if fresh.newest is not None and fresh.looked_at - fresh.newest <= limit:
        return [Point(ok=True, says=f"something arrived at {_at(fresh.newest)} ({fresh.api})", entity=log)]
    return [_stale(log, fresh, limit, ctx)]


def _limit(log: FlowLog, fresh: Freshness) -> timedelta:
    seconds = 600 if isinstance(log.max_aggregation_interval, Unknown) else log.max_aggregation_interval
    return 2 * timedelta(seconds=seconds) + _DELAY + (_LOGS_DELAY if fresh.api.startswith("logs:") else timedelta())


def _stale(log: FlowLog, fresh: Freshness, limit: timedelta, ctx: Context) -> Point:
    what = "nothing has ever arrived"
    if isinstance(fresh.newest, datetime):
        what = f"nothing has arrived since {_at(fresh.newest)}"
    elif fresh.api.startswith("s3:"):
        what = "nothing has arrived since yesterday"  # only the folders of these two days are looked at
    says = f"{what}, as of {_at(fresh.looked_at)} ({fresh.api})"
    if isinstance(log.created, datetime) and fresh.looked_at - log.created <= limit:
        return Point(ok=True, says=f"{says}; the flow log is too young for that to mean anything", entity=log)
    used = _used(log, ctx)
    if used is None:
        return Point(ok=None, says=f"{says}; whether any network interface is in use is not known", entity=log)
    if not used:
        return Point(ok=True, says=f"{says}; no network interface of {log.target} is in use", entity=log)
    if log.traffic_type is not TrafficType.ALL:
        quiet = "it does not record all traffic, and of what it does there may have been none"
        return Point(ok=None, says=f"{says}; {quiet}", entity=log)
    many = "1 network interface is" if used == 1 else f"{used} network interfaces are"
    says = f"{says}, though {many} in use (delivering=stale)"
    return Point(ok=False, says=says, entity=log, short="delivering=stale")


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def _used(log: FlowLog, ctx: Context) -> int | None:
    """Return the number of interfaces in use that a log records; None where it is not known."""
    if isinstance(log.target, Unknown):
        return None
    if ctx.model.unread_for("aws_network_interface", log.origin.root) is not None:
        return None
    here = scopes(ctx)
    found = here.interfaces.get(here.identity(log.target), [])
    own = target_of(here, log)
    if isinstance(own, NetworkInterface):
        found = [own]
    count = sum(1 for each in found if not isinstance(each.in_use, Unknown) and each.in_use)
    if count:
        return count
    unsure = any(isinstance(each.in_use, Unknown) for each in found)
    if unsure or here.strays or log.target.startswith(("tgw-", "nat-")):
        return None  # what passes a gateway is no network interface of its own
    return 0
