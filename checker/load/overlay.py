"""A plan laid over the account as it stands: what will be there after the apply, and what is there before it.

The live network is the ground. A thing that both know is one entity: its facts are the account's, but for what the plan
changes. What only the account knows stays as it is; what the plan creates is added, what it destroys is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from checker.load.aws.view import Named
from checker.load.rekey import rekeyed
from checker.model.absent import Absent
from checker.model.arn import bucket_and_prefix, log_group_arn, parse_arn
from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.entity import Entity
from checker.model.finding import Gap
from checker.model.firewall import NetworkAclEntry, SecurityGroupRule
from checker.model.flow_log import FlowLog, LogDestinationType
from checker.model.identity import Role
from checker.model.known import Key, Maybe, Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import NetworkModel, Unread
from checker.model.record import fields, replace

_GONE: Final = (ChangeAction.DELETE, ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST)
_OWN: Final = ("key", "origin", "type", "exists", "assumptions")
"""Fields of an entity that stay the plan's: where it stands, not what it is."""

_NAMED: Final = 3
"""Most names in one gap."""

E = TypeVar("E", bound=Entity)


def overlay(plan: Loaded, live: Loaded) -> Loaded:
    """Return the plan over the live network; both networks then hold the whole account.

    Keys and places are the plan's for what the plan knows, so that findings point at the source. A thing that the plan
    knows by its id and the account lacks is a gap: the plan is of another account, or one of the two is old.
    """
    ground = _Ground(live.after)
    before_pairs = ground.pairs(plan.before) if plan.before is not None else {}
    after_pairs = ground.pairs(plan.after)
    gone = _gone(plan, before_pairs, after_pairs)
    was = {} if plan.before is None else plan.before.by_key
    homes = _homes((plan.before, plan.after), ground)
    before = _laid(live.after, _settled(plan.before, was, ground, before_pairs, homes), before_pairs, frozenset())
    after = _laid(live.after, _settled(plan.after, was, ground, after_pairs, homes), after_pairs, gone)
    roots = _roots(plan.after, live.after, after_pairs)
    if plan.before is not None:
        roots |= _roots(plan.before, live.after, before_pairs)
    unread = (*plan.after.unread, *live.after.unread, *_unread_here(live.after, roots))
    return replace(
        plan,
        after=replace(_to_live(after), unread=unread, absent=_still_absent(live.after, plan.after)),
        before=replace(_to_live(before), unread=unread, absent=live.after.absent),
        gaps=(*plan.gaps, *live.gaps, *_strangers(plan, ground)),
        inputs=(*plan.inputs, *live.inputs),
        laid_over=True,
    )


def destinations_elsewhere(plan: Loaded) -> tuple[Named, ...]:
    """Return the destinations that flow logs of a plan name and the plan itself does not hold, each once."""
    found: dict[Named, None] = {}
    for log in plan.after.flow_logs:
        destination = log.destination
        if isinstance(destination, Unknown) or not isinstance(destination.arn, str):
            continue
        holder = plan.after.by_key.get(destination.entity or "")
        arn = parse_arn(log_group_arn(destination.arn))
        if arn is None or (holder is not None and holder.origin.managed):
            continue
        if destination.type is LogDestinationType.S3:
            arn = replace(arn, resource=bucket_and_prefix(arn.resource)[0])
        roles = (_arn_elsewhere(plan.after, role) for role in (log.role, log.cross_account_role))
        found[Named(kind=destination.type.value, arn=str(arn), roles=tuple(filter(None, roles)))] = None
    return tuple(found)


def _arn_elsewhere(model: NetworkModel, role: Maybe[str | None]) -> str:
    """Return the ARN of a role that a plan does not manage; empty for one that it does, or does not know."""
    if isinstance(role, Unknown) or role is None:
        return ""
    held = model.by_key.get(role)
    if held is None:
        return role
    return held.arn if isinstance(held.arn, str) and not held.origin.managed else ""


class _Ground:
    """Finds the live entity that an entity of the plan is."""

    def __init__(self, model: NetworkModel) -> None:
        self._by_name: dict[tuple[str, str], Entity] = {}
        for part, entity in _parts(model):
            for name in (entity.key, entity.arn, entity.id):
                if isinstance(name, str) and name:
                    self._by_name.setdefault((part, name), entity)

    def find(self, part: str, entity: Entity) -> Entity | None:
        """Return the live entity with the same ARN or id."""
        for name in (entity.arn, entity.id):
            if isinstance(name, str) and (part, name) in self._by_name:
                return self._by_name[part, name]
        return None

    def pairs(self, model: NetworkModel) -> dict[Key, Key]:
        """Return the plan's key by live key."""
        found: dict[Key, Key] = {}
        for part, entity in _parts(model):
            live = self.find(part, entity)
            if live is not None and (live.key not in found or entity.origin.managed):
                found[live.key] = entity.key
        return found


def _parts(model: NetworkModel) -> Iterator[tuple[str, Entity]]:
    for part in fields(model):
        for item in getattr(model, part.name):
            if isinstance(item, Entity):
                yield part.name, item


def _gone(plan: Loaded, before_pairs: Mapping[Key, Key], after_pairs: Mapping[Key, Key]) -> frozenset[Key]:
    """Return the live keys of what the plan destroys, or destroys and makes anew."""
    destroyed = {change.before_key for change in plan.changes if change.action in _GONE}
    return frozenset(live for live, planned in before_pairs.items() if planned in destroyed and live not in after_pairs)


def _settled(
    model: NetworkModel | None,
    was: Mapping[Key, Entity],
    ground: _Ground,
    pairs: Mapping[Key, Key],
    homes: Mapping[str, str],
) -> dict[str, list[Entity]]:
    """Return the plan's entities by part, with the account's facts in what the plan does not change."""
    found: dict[str, list[Entity]] = {}
    taken = set(pairs.values())
    for part, entity in _parts(model) if model is not None else ():
        live = ground.find(part, entity)
        if live is None:
            found.setdefault(part, []).append(_at_home(entity, homes))
        elif entity.key in taken:  # a second name of the same thing (a data source beside the resource) adds nothing
            known = rekeyed(live, pairs)
            found.setdefault(part, []).append(_merged(entity, _before(entity, was, part, ground, live), known))
    return found


def _at_home(entity: Entity, homes: Mapping[str, str]) -> Entity:
    """Return an entity that is to be created, in the account in which everything else of its root module stands."""
    account = homes.get(entity.origin.root)
    if account is None or not isinstance(entity.account, Unknown):
        return entity
    text = f"{entity.key} is made in account {account}, where all that stands of its root module is"
    return replace(entity, account=account, assumptions=(*entity.assumptions, text))


def _homes(models: Iterable[NetworkModel | None], ground: _Ground) -> dict[str, str]:
    """Return the account of each root module whose existing things stand in one account."""
    found: dict[str, set[str]] = {}
    for model in models:
        for part, entity in _parts(model) if model is not None else ():
            live = ground.find(part, entity)
            if live is not None and isinstance(live.account, str):
                found.setdefault(entity.origin.root, set()).add(live.account)
    return {root: next(iter(accounts)) for root, accounts in found.items() if len(accounts) == 1}


def _before(entity: Entity, was: Mapping[Key, Entity], part: str, ground: _Ground, live: Entity) -> Entity | None:
    """Return the plan's own view of the same thing before; it may have had another address."""
    same = was.get(entity.key)
    if same is not None and type(same) is type(entity):
        return same
    return next((old for old in was.values() if type(old) is type(entity) and ground.find(part, old) is live), None)


def _merged(planned: Entity, before: Entity | None, live: Entity) -> Entity:
    """Return the plan's entity with live facts wherever the plan leaves things as they are."""
    values: dict[str, Any] = {}
    for each in fields(planned):
        if each.name in _OWN:
            continue
        now = getattr(live, each.name)
        if before is None:
            mine = getattr(planned, each.name)
            values[each.name] = mine if planned.origin.managed and not isinstance(mine, Unknown) else now
            continue
        then, mine = getattr(before, each.name), getattr(planned, each.name)
        values[each.name] = now if _same(then, mine) else _changed(each.name, then, mine, now)
    origin = replace(planned.origin, managed=True)  # what stands elsewhere is known now
    return replace(planned, **values, origin=origin, assumptions=())


def _same(one: object, other: object) -> bool:
    """Compare two facts of the plan; unknown ones are equal when they are unknown for the same reason."""
    return one is other or repr(one) == repr(other)


def _changed(name: str, then: Any, mine: Any, now: Any) -> Any:
    """Return a changed fact. Rules and entries that the plan does not know stay beside those it changes."""
    if name not in ("rules", "entries", "policies") or not isinstance(mine, tuple):
        return mine
    known = {_signature(item) for item in (*then, *mine)}
    return (*mine, *(item for item in now if _signature(item) not in known))


def _signature(item: object) -> str:
    """Return what makes a rule or entry the same one on both sides."""
    if isinstance(item, SecurityGroupRule):
        return repr((item.direction, item.protocol, item.ports, item.icmp, item.peer))
    if isinstance(item, NetworkAclEntry):
        return repr((item.direction, item.rule_number))
    return repr(item)


def _laid(
    live: NetworkModel, planned: Mapping[str, list[Entity]], pairs: Mapping[Key, Key], gone: frozenset[Key]
) -> NetworkModel:
    parts: dict[str, Any] = {}
    for part in fields(live):
        items = getattr(live, part.name)
        if part.name in ("unread", "absent"):
            continue
        rest = [rekeyed(item, pairs) for item in items if item.key not in pairs and item.key not in gone]
        parts[part.name] = tuple(sorted([*planned.get(part.name, ()), *rest], key=lambda item: item.key))
    return NetworkModel(**parts)


def _to_live(model: NetworkModel) -> NetworkModel:
    """Let the plan's flow logs find destinations that only the account shows."""
    return replace(model, flow_logs=tuple(_joined(log, model) for log in model.flow_logs))


def _joined(log: FlowLog, model: NetworkModel) -> FlowLog:
    destination = log.destination
    if isinstance(destination, Unknown) or destination.entity is not None or not isinstance(destination.arn, str):
        return log
    arn = parse_arn(log_group_arn(destination.arn))
    if arn is None:
        return log
    bare = replace(arn, resource=bucket_and_prefix(arn.resource)[0]) if arn.service == "s3" else arn
    entity = next((each for each in _holders(model) if each.arn == str(bare)), None)
    return log if entity is None else replace(log, destination=replace(destination, entity=entity.key))


def _holders(model: NetworkModel) -> Iterable[Entity]:
    everything: tuple[Entity, ...] = (*model.buckets, *model.log_groups, *model.delivery_streams)
    return (each for each in everything if isinstance(each.arn, str))


def _roots(plan: NetworkModel, live: NetworkModel, pairs: Mapping[Key, Key]) -> set[tuple[str, str]]:
    """Return the pairs of account and region, and root module with things there."""
    return {(live.by_key[key].origin.root, plan.by_key[planned].origin.root) for key, planned in pairs.items()}


def _unread_here(live: NetworkModel, roots: Iterable[tuple[str, str]]) -> Iterator[Unread]:
    """Yield what the account did not tell, for the root modules whose things stand there."""
    for gap in live.unread:
        for root, module in sorted(roots):
            if gap.root == root:
                yield replace(gap, root=module, account=None, region=None)


def _still_absent(live: NetworkModel, plan: NetworkModel) -> tuple[Absent, ...]:
    """Return what is absent and stays so: the plan may create it."""
    things: list[Bucket | LogGroup | DeliveryStream | Role] = []
    things += [*plan.buckets, *plan.log_groups, *plan.delivery_streams, *plan.roles]
    made = {(each.type, each.name) for each in things if isinstance(each.name, str)}
    return tuple(each for each in live.absent if (each.type, _name(each.key)) not in made)


def _name(key: Key) -> str:
    arn = parse_arn(key)
    return key if arn is None else arn.resource_name


def _strangers(plan: Loaded, ground: _Ground) -> Iterator[Gap]:
    """Yield one gap for what the plan holds as existing and the account does not."""
    model = plan.before if plan.before is not None else plan.after
    lacking = [
        f"{entity.key} ({entity.id})"
        for part, entity in _parts(model)
        if part in ("vpcs", "subnets", "flow_logs") and isinstance(entity.id, str) and ground.find(part, entity) is None
    ]
    if lacking:
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        yield Gap(
            what=f"{', '.join(lacking[:_NAMED])}{more}",
            cause="the plan knows them and the live account does not: another account or region, or one of the two is "
            "old",
            affects="they are judged by the plan alone",
        )
