"""Values that a plan leaves open, settled: by the source, by the references of the expression, or by uniqueness."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from checker.load.terraform.configuration import Configuration, is_constant, is_expression, references
from checker.load.terraform.identity import (
    FLOW_LOG_TARGETS,
    fits,
    is_name,
    is_names,
    names_itself,
    target_types,
    type_of,
)
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.inventory import Inventory, Standing
from checker.load.terraform.pairing import ASSUMPTION
from checker.load.terraform.redact import LATER, SENSITIVE, merge
from checker.load.terraform.references import NOTHING, Chaser, Found, Scope
from checker.load.terraform.steps import longest
from checker.model.known import Unknown
from checker.model.record import dataclass, field

Path = tuple[str | int, ...]

_ORDERED: Final = frozenset({"statement"})
"""Blocks that keep the order of the configuration; other blocks may be sets, whose order says nothing."""

_HOLDERS: Final = frozenset({list, dict})
"""Classes of values that hold further ones."""

_AFTER_BUCKET: Final = Unknown("whether a folder follows the bucket is not in plan JSON; give --source")


class Evaluator(Protocol):
    """The source beside the plan, as far as it is asked here."""

    def argument(self, address: str, path: Sequence[str | int]) -> Value:
        """Return an argument as the configuration gives it; Unknown where it cannot be told."""
        ...

    def configured(self, address: str) -> frozenset[str] | None:
        """Return the names of arguments and blocks that the configuration sets; None when it is not declared."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """The values of one instance."""

    values: Mapping[str, Value]
    configured: frozenset[str] | None
    assumed: Mapping[str, str]


class Settler:
    """Settles the open values of instances, one instance at a time."""

    def __init__(
        self,
        configuration: Configuration,
        inventory: Inventory,
        source: Evaluator | None,
        *,
        by_uniqueness: bool,
    ) -> None:
        self._configuration = configuration
        self._inventory = inventory
        self._chaser = Chaser(configuration, inventory, pairing=by_uniqueness)
        self._source = source
        self._by_uniqueness = by_uniqueness
        self._names: dict[frozenset[str], frozenset[str]] = {}
        self._answers: dict[tuple[Path, int, tuple[str, ...]], tuple[Found, Value]] = {}
        """By path, identity of what was found, and texts: what was found, so that it stays itself, and the value."""

    def settle(self, standing: Standing) -> Settled:
        """Return the instance's values. A name that is neither known nor configured is left out: it is computed."""
        address = standing.row.address
        given = standing.values or {}
        place = self._chaser.place(address)
        if place is None:
            known = {name: value for name, value in given.items() if value is not LATER}
            return Settled(known, None, {})
        expressions = place.resource.expressions
        written = self._from_source(address) or frozenset()
        configured = written.union(
            expressions, [name for name, value in given.items() if value is not None and value is not LATER]
        )
        if not standing.open:
            return Settled(given, self._shared(configured), {})
        task = _Task(address, expressions, place.scope)
        values: dict[str, Value] = {}
        for name, value in given.items():
            if value is LATER:
                if name in expressions or name in written:
                    values[name] = self._open(task, (name,))
            else:
                values[name] = self._value(task, value, (name,)) if value.__class__ in _HOLDERS else value
        for name in task.unset:
            del values[name]
        settled = Settled(values, self._shared(configured - task.unset), task.assumed)
        return self._with_uniqueness(standing, task, settled)

    def _shared(self, names: frozenset[str]) -> frozenset[str]:
        """Return the one set of these names: a plan has few different ones, and many instances."""
        return self._names.setdefault(names, names)

    def _from_source(self, address: str) -> frozenset[str] | None:
        return self._source.configured(address) if self._source is not None else None

    def _value(self, task: _Task, value: Value, path: Path) -> Value:
        """Return a value with everything in it settled."""
        if value is LATER:
            return self._element(task, path)
        if isinstance(value, list):
            return [self._value(task, item, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._value(task, item, (*path, name)) for name, item in value.items()}
        return value

    def _element(self, task: _Task, path: Path) -> Value:
        """Return what stands for a part of an argument: the same for all elements where their order says nothing."""
        if self._source is not None or not _ORDERED.isdisjoint(path):
            return self._open(task, path)
        alike = tuple([0 if isinstance(step, int) else step for step in path])
        if alike not in task.elements:
            task.elements[alike] = self._open(task, alike)
        return task.elements[alike]

    def _open(self, task: _Task, path: Path) -> Value:
        """Return what stands for a value that is not known: the source's answer before the references'.

        A value that is not known is not null, whatever the source says, unless the provider fills it in.
        """
        told: Value = LATER
        if self._source is not None:
            told = without_secrets(self._source.argument(task.address, path))
            if told is not None and (not isinstance(told, Unknown) or told.among or type(told) is not Unknown):
                return told
        expressions = expressions_at(task.expressions, path)
        if len(expressions) == 1 and is_constant(expressions[0]) and expressions[0]["constant_value"] is not None:
            return merge(expressions[0]["constant_value"], None, None)
        found = NOTHING
        texts: tuple[str, ...] = ()
        argument = argument_name(path)
        for expression in expressions:
            found |= self._chaser.chase(expression, task.scope, argument)
            texts += self._chaser.references(expression)
        settled = self._from_references(path, found, texts)
        if len(path) == 1 and _filled_in(argument, told, found, texts):
            task.unset.add(argument)
        if isinstance(settled, Unknown) and not settled.among:
            return settled if told is None or told is LATER else told
        if found.paired:
            task.assumed[str(path[0])] = ASSUMPTION
        return settled

    def _from_references(self, path: Path, found: Found, texts: tuple[str, ...]) -> Value:
        """Return the value that references stand for; instances of one module instance often have the same ones."""
        question = (path, id(found), texts)
        known = self._answers.get(question)
        if known is None:
            known = self._answers[question] = found, from_references(path, found, longest(texts))
        return known[1]

    def _with_uniqueness(self, standing: Standing, task: _Task, settled: Settled) -> Settled:
        """Settle what a flow log records by there being only one such thing in its module instance."""
        if not self._by_uniqueness or standing.row.kind != "aws_flow_log":
            return settled
        values, assumed = dict(settled.values), dict(settled.assumed)
        for argument in sorted(FLOW_LOG_TARGETS & values.keys()):
            value = values[argument]
            if isinstance(value, Unknown) and type(value) is Unknown and not value.among:
                only = self._only(task, argument)
                if only is not None:
                    values[argument] = Ref(only, ("id",))
                    texts = ", ".join(longest(references(task.expressions.get(argument))))
                    assumed[argument] = f"{texts} is taken for {only}.id, the only one in the module instance"
        return Settled(values, settled.configured, assumed)

    def _only(self, task: _Task, argument: str) -> str | None:
        """Return the one instance that an argument can mean; None where there are several, or others to mean."""
        expression = task.expressions.get(argument)
        found = self._chaser.chase(expression, task.scope, argument)
        if found.refs or not found.open or not all(text.startswith("local.") for text in found.open):
            return None
        types = target_types(argument)
        candidates = self._inventory.of_types(task.scope.module, types)
        module = self._configuration.module(task.scope.path)
        if len(candidates) != 1 or module is None or self._takes_input(task.scope, argument):
            return None
        elsewhere = any(mode == "data" and type_ in types for mode, type_, _ in module.resources) or any(
            type_ in types
            for path, (_, type_, _), _ in self._configuration.all_resources()
            if path[: len(task.scope.path)] == task.scope.path and len(path) > len(task.scope.path)
        )
        return None if elsewhere else candidates[0]

    def _takes_input(self, scope: Scope, argument: str) -> bool:
        """Return whether the module may be handed what the argument means."""
        noun = argument.removesuffix("_id")
        like = re.compile(rf"(^|_){noun}(_\w+)?_ids?$|^{noun}s?$")
        call = self._configuration.call(scope.path)
        if call is None:
            return any(like.search(name) for name in self._configuration.root.variables)
        caller = self._chaser.caller(scope, call)
        for name, expression in call.expressions.items():
            refs = self._chaser.chase(expression, caller, argument).refs
            if like.search(name) or any(type_of(ref.address) in target_types(argument) for ref in refs):
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Task:
    """One instance whose values are settled."""

    address: str
    expressions: Mapping[str, Any]
    scope: Scope
    unset: set[str] = field(default_factory=set)
    """Arguments found to be null, which the provider fills in."""
    assumed: dict[str, str] = field(default_factory=dict)
    """What was assumed to settle an argument."""
    elements: dict[Path, Value] = field(default_factory=dict)
    """What stands for the elements of lists, each with 0 for its place."""


def _filled_in(argument: str, told: Value, found: Found, texts: Sequence[str]) -> bool:
    """Return whether an argument that is not known can only be null, to be filled in by the provider.

    So it is where the source says null, or where everything is known that its expression is made of. What a flow log
    records is never filled in. A name may be made by ``uuid()``, which plan JSON does not show.
    """
    if found.refs or argument in FLOW_LOG_TARGETS:
        return False
    return told is None or (told is LATER and bool(texts) and not found.open and not is_name(argument))


def without_secrets(value: Value) -> Value:
    """Return a value of the source in which nothing is told of what is sensitive, not even its expression."""
    if isinstance(value, Unknown):
        return SENSITIVE if "sensitive" in value.reason else value
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items()}
    if isinstance(value, Text):
        return Text(tuple(SENSITIVE if _hides(part) else part for part in value.parts))
    return value


def _hides(part: str | Ref | Unknown) -> bool:
    return isinstance(part, Unknown) and "sensitive" in part.reason


def argument_name(path: Path) -> str:
    """Return the innermost name of a path: ``("ingress", 0, "security_groups", 1)`` is about security groups."""
    if len(path) == 1 and isinstance(path[0], str):
        return path[0]
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def expressions_at(expressions: Mapping[str, Any], path: Path) -> list[Any]:
    """Return the expressions that can stand behind a value.

    Blocks may be a set, whose order is not that of the configuration: then the expressions of all of them count.
    """
    nodes = [expressions[str(path[0])]] if path[0] in expressions else []
    ordered = path[0] in _ORDERED
    for step in path[1:]:
        nodes = [after for node in nodes for after in _into(node, step, ordered)]
        ordered = ordered if isinstance(step, int) else step in _ORDERED
    return nodes


def _into(node: Any, step: str | int, ordered: bool) -> list[Any]:
    if is_expression(node):
        return [node]
    if isinstance(node, list):
        if isinstance(step, str):
            return [after for item in node for after in _into(item, step, ordered)]
        return [node[step]] if ordered and step < len(node) else node
    if isinstance(node, dict):
        if isinstance(step, int):
            return [node]
        return [node[step]] if step in node else []
    return []


def from_references(path: Path, found: Found, texts: Sequence[str]) -> Value:
    """Return the value that an expression must have, judged by its references alone; else Unknown with the reason."""
    argument = argument_name(path)
    refs = list(found.refs)
    if len(refs) > 1:
        refs.sort(key=lambda ref: (ref.address, str(ref.path)))
    if found.open or not refs or not is_name(argument) or not all(fits(argument, ref) for ref in refs):
        return Unknown(_reason(argument, found, texts))
    if len(refs) > 1:
        among = tuple(ref.address for ref in refs) if all(names_itself(argument, ref) for ref in refs) else ()
        named = ", ".join(f"{ref.address}.{'.'.join(map(str, ref.path))}" for ref in refs)
        return Unknown(f"{argument} is one of {named}; plan JSON does not tell which", among=among)
    if argument == "log_destination" and type_of(refs[0].address) == "aws_s3_bucket":
        return Text((refs[0], _AFTER_BUCKET))
    return [refs[0]] if is_names(argument) and isinstance(path[-1], str) else refs[0]


def _reason(argument: str, found: Found, texts: Sequence[str]) -> str:
    local = sorted(text for text in found.open if text.startswith("local."))
    if local:
        return f"{argument} comes from {', '.join(local)}, and plan JSON holds no locals; --source reads them"
    if texts:
        return f"{argument} is known after apply, made from {', '.join(texts)}"
    return f"{argument} is known after apply"
