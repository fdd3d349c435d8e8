"""All instances that the source declares, evaluated, and what of the source is not at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from checker.load.terraform.instance import Instance, Value
from checker.load.terraform.source.address import join
from checker.load.terraform.source.body import argument_names
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.locate import origin_of
from checker.load.terraform.source.modules import Call
from checker.load.terraform.source.scope import ModuleInstance, ResourceInstance
from checker.load.terraform.source.values import pending
from checker.model.finding import Gap
from checker.model.known import Maybe, Unknown
from checker.model.model import Unread
from checker.model.record import dataclass

AFFECTS = "resources declared there are not known, so nothing can be said to be missing"

MAX_INSTANCES: Final = 50_000
"""Most resource instances, and most module instances, of one root module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """The outcome: instances sorted by address, and what could not be read."""

    instances: tuple[Instance, ...]
    gaps: tuple[Gap, ...]
    unread: tuple[Unread, ...]


def expand(evaluation: Evaluation, wanted: frozenset[str] | None = None) -> Expanded:
    """Return every instance of the wanted types (``aws_vpc``, ``data.aws_vpc``; None for all)."""
    modules = list(islice(_modules(evaluation, evaluation.root), MAX_INSTANCES + 1))
    declared = (pair for within in modules for pair in _resources(evaluation, within, wanted))
    resources = list(islice(declared, MAX_INSTANCES + 1))
    found = {
        resource.address: _instance(evaluation, resource, exists) for resource, exists in resources[:MAX_INSTANCES]
    }
    missing = [part for within in modules for part in (*_unreadable(within), *_uncalled(evaluation, within))]
    if max(len(modules), len(resources)) > MAX_INSTANCES:
        missing.append((_too_many(evaluation), ()))
    parts = dict.fromkeys(missing)
    return Expanded(
        instances=tuple(found[address] for address in sorted(found)),
        gaps=tuple(sorted({gap for gap, _ in parts})),
        unread=tuple(
            Unread(types=types, root=evaluation.label, cause=Unknown(f"{gap.what}: {gap.cause}"))
            for gap, types in parts
        ),
    )


def _modules(evaluation: Evaluation, within: ModuleInstance) -> Iterator[ModuleInstance]:
    waiting = [within]
    while waiting:
        current = waiting.pop()
        yield current
        for call in current.module.calls.values():
            waiting.extend(evaluation.module_instances(current, call).values())


def _resources(
    evaluation: Evaluation, within: ModuleInstance, wanted: frozenset[str] | None
) -> Iterator[tuple[ResourceInstance, Maybe[bool]]]:
    for (mode, type_, _), block in within.module.resources.items():
        kind = type_ if mode == "managed" else f"data.{type_}"
        if wanted is not None and kind not in wanted:
            continue
        for key, exists in evaluation.expansion(within, block, mode).members.items():
            resource = evaluation.resource_instance(within, block, mode, key)
            yield resource, within.exists if isinstance(within.exists, Unknown) else exists


def _instance(evaluation: Evaluation, resource: ResourceInstance, exists: Maybe[bool]) -> Instance:
    provider = evaluation.provider(resource)
    configured = evaluation.configured_of(resource)
    values = {
        name: evaluation.argument_of(resource, name) for name in argument_names(resource.block) if name in configured
    }
    if resource.mode == "managed":
        values |= _tags_all(values.get("tags"), provider.default_tags)
    return Instance(
        address=resource.address,
        module=resource.within.address,
        managed=resource.mode == "managed",
        type=resource.type,
        name=resource.block.labels[1],
        index=resource.key,
        values=values,
        configured=configured,
        provider_region=provider.region,
        provider_account=provider.account,
        origin=origin_of(resource.block, resource.address, resource.mode, root=evaluation.label),
        exists=exists,
    )


def _tags_all(tags: Value, default: Maybe[Mapping[str, Value]]) -> dict[str, Value]:
    """Return the tags that AWS will have: the resource's over the provider's."""
    if isinstance(default, Unknown):
        return {"tags_all": default}
    if tags is None:
        return {"tags_all": dict(default)} if default else {}
    if isinstance(tags, dict):
        return {"tags_all": {**default, **tags}}
    return {"tags_all": pending(tags) if not isinstance(tags, (bool, int, float, str, list)) else Unknown("no map")}


def _too_many(evaluation: Evaluation) -> Gap:
    cause = f"count and for_each make more than {MAX_INSTANCES} instances; the rest is left out"
    return Gap(what=evaluation.label or ".", cause=cause, affects=AFFECTS)


def _unreadable(within: ModuleInstance) -> Iterator[tuple[Gap, tuple[str, ...]]]:
    for part in within.module.source.unreadable:
        yield Gap(what=f"{part.path}:{part.line}", cause=part.cause, affects=AFFECTS), part.types


def _uncalled(evaluation: Evaluation, within: ModuleInstance) -> Iterator[tuple[Gap, tuple[str, ...]]]:
    for call in within.module.calls.values():
        if call.module is None and evaluation.expansion_of_call(within, call).members:
            yield _gap(within, call), ()


def _gap(within: ModuleInstance, call: Call) -> Gap:
    block = call.block
    return Gap(
        what=f"{join(within.module.static_address, f'module.{call.name}')} ({block.path}:{block.line})",
        cause=str(call.cause),
        affects=AFFECTS,
    )
