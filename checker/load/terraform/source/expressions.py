"""The walk over an expression's syntax tree. What names mean is the host's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

from checker.load.terraform import functions
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source import operators
from checker.load.terraform.source.bounds import effort, fit
from checker.load.terraform.source.calls import SPECIAL, call_function
from checker.load.terraform.source.scope import Scope
from checker.load.terraform.source.steps import Members, get, index, splat
from checker.load.terraform.source.syntax import Expr
from checker.load.terraform.source.values import (
    Failed,
    SetList,
    either,
    pending,
    to_bool,
    to_key,
    to_text,
)
from checker.model.known import Unknown

MAX_DEPTH: Final = 500
"""Python frames that one expression may nest; below the interpreter's limit of 1000."""
FRAMES: Final = 3
"""Python frames that one level of an expression takes."""
TOO_LARGE: Final = "the value is too large to be worked with"
MAX_STEPS: Final = 1_000_000
"""Expressions evaluated for one value before it is given up."""
MAX_ALL_STEPS: Final = 10_000_000
"""Expressions evaluated for all values together."""


class Host(Members, Protocol):
    """Gives names their meaning."""

    def reference(self, root: str, name: str, scope: Scope) -> Value:
        """Return what ``var.x``, ``local.x``, ``module.x``, ``aws_vpc.x``, ``path.module`` mean."""
        ...

    def data(self, type_: str, name: str, scope: Scope) -> Value:
        """Return what ``data.aws_vpc.x`` means."""
        ...

    def object_of(self, ref: Ref) -> Value:
        """Return a module instance as the object of its outputs; other references as they are."""
        ...

    def read_text(self, name: str, scope: Scope) -> Value:
        """Return the content of a file that the configuration reads."""
        ...


class Walker:
    """Evaluates expressions. Keeps count of depth and steps, so that hostile input ends as Unknown."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.depth = 0
        """Python frames in use by the evaluation, counted generously."""
        self.steps = 0
        self._limit = MAX_STEPS
        self._left = MAX_ALL_STEPS
        self._kinds: Mapping[str, Callable[[Expr, Scope], Value]] = {
            "lit": lambda expr, _scope: expr[1],
            "tpl": self._template,
            "var": self._name,
            "get": self._get,
            "idx": lambda expr, scope: index(self.evaluate(expr[1], scope), self.evaluate(expr[2], scope), self.host),
            "splat": self._splat,
            "call": self._call,
            "op": self._operator,
            "cond": self._condition,
            "list": lambda expr, scope: [self.evaluate(item, scope) for item in expr[1]],
            "obj": self._object,
            "for_list": self._for_list,
            "for_obj": self._for_object,
            "bad": lambda expr, scope: scope.place.unknown(str(expr[1])),
        }

    def evaluate(self, expr: Expr, scope: Scope) -> Value:
        """Return an expression's value; raises Failed where Terraform reports an error."""
        self.steps += 1
        if self.depth > MAX_DEPTH:
            return scope.place.unknown("the expression is nested too deeply")
        if self.exhausted:
            return scope.place.unknown("the expression takes too long to evaluate")
        kind = self._kinds.get(expr[0])
        if kind is None:
            return scope.place.unknown(f"syntax {expr[0]} is not known")
        self.depth += FRAMES
        try:
            return kind(expr, scope)
        finally:
            self.depth -= FRAMES

    def begin(self) -> None:
        """Start to count the steps of one value."""
        self._left -= min(self.steps, self._limit)
        self._limit = min(MAX_STEPS, self._left)
        self.steps = 0

    @property
    def exhausted(self) -> bool:
        """Whether a value has taken more steps than it may."""
        return self.steps > self._limit

    def made(self, value: Value) -> Value:
        """Count what making a value takes beside one step; return the value."""
        self.steps += effort(value)
        return value

    def attempt(self, expr: Expr, scope: Scope) -> Value:
        """Return an expression's value, Unknown where Terraform would report an error."""
        try:
            return self.evaluate(expr, scope)
        except Failed as error:
            return scope.place.unknown(str(error))

    def _template(self, expr: Expr, scope: Scope) -> Value:
        pieces = expr[1]
        if len(pieces) == 1 and pieces[0][0] != "lit":
            return self.evaluate(pieces[0], scope)
        texts = [to_text(self.evaluate(piece, scope)) for piece in pieces]
        if not fit(texts):
            return scope.place.unknown(TOO_LARGE)
        parts: list[str | Ref | Unknown] = []
        flat = (part for text in texts for part in (text.parts if isinstance(text, Text) else (text,)))
        for literal, run in groupby(flat, lambda part: isinstance(part, str)):
            found = list(run)
            text = "".join(part for part in found if isinstance(part, str))
            parts.extend(found if not literal else [text] if text else [])
        whole = [part for part in parts if isinstance(part, str)]
        return self.made("".join(whole) if len(whole) == len(parts) else Text(tuple(parts)))

    def _name(self, expr: Expr, scope: Scope) -> Value:
        if expr[1] in scope.names:
            return scope.names[expr[1]]
        return scope.place.unknown(f"{expr[1]} is not known here")

    def _get(self, expr: Expr, scope: Scope) -> Value:
        base, name = expr[1], str(expr[2])
        if base[0] == "var" and base[1] not in scope.names:
            return self.host.reference(base[1], name, scope)
        if base[0] == "get" and base[1] == ["var", "data"] and "data" not in scope.names:
            return self.host.data(str(base[2]), name, scope)
        return get(self.evaluate(base, scope), name, self.host)

    def _splat(self, expr: Expr, scope: Scope) -> Value:
        def apply(item: Value) -> Value:
            for step in expr[2]:
                if step[0] == "get":
                    item = get(item, str(step[1]), self.host)
                else:
                    item = index(item, self.evaluate(step[1], scope), self.host)
            return item

        return splat(self.evaluate(expr[1], scope), apply)

    def _call(self, expr: Expr, scope: Scope) -> Value:
        name, arguments, expand = str(expr[1]), expr[2], bool(expr[3])
        if name in SPECIAL:
            if not arguments:
                raise Failed(f"{name}() needs an argument")
            return SPECIAL[name](self, arguments, scope)
        values = [self._whole(self.evaluate(argument, scope)) for argument in arguments]
        if expand and values:
            last = values.pop()
            if isinstance(last, (Unknown, Ref, Text)):
                return pending(last)
            if not isinstance(last, list):
                raise Failed("only a list can be expanded into arguments")
            values.extend(last)
        if not fit(values):
            return scope.place.unknown(TOO_LARGE)
        for value in values:
            self.made(value)
        return self.made(call_function(name, values, functions.call))

    def _whole(self, value: Value) -> Value:
        return self.host.object_of(value) if isinstance(value, Ref) and not value.path else value

    def _operator(self, expr: Expr, scope: Scope) -> Value:
        symbol, operands = str(expr[1]), expr[2]
        if symbol not in ("&&", "||"):
            return operators.apply(symbol, [self.evaluate(operand, scope) for operand in operands])
        left = to_bool(self.evaluate(operands[0], scope))
        if not isinstance(left, Unknown) and left is (symbol == "||"):
            return left
        right = to_bool(self.evaluate(operands[1], scope))
        return operators.both(left, right) if symbol == "&&" else operators.one_of(left, right)

    def _condition(self, expr: Expr, scope: Scope) -> Value:
        _, condition, then, otherwise = expr
        chosen = to_bool(self.evaluate(condition, scope))
        if not isinstance(chosen, Unknown):
            return self.evaluate(then if chosen else otherwise, scope)
        return either(chosen.reason, self.attempt(then, scope), self.attempt(otherwise, scope))

    def _object(self, expr: Expr, scope: Scope) -> Value:
        result: dict[str, Value] = {}
        for key_expr, value_expr in expr[1]:
            key = to_key(self.evaluate(key_expr, scope))
            if isinstance(key, Unknown):
                return Unknown(key.reason)
            result[key] = self.evaluate(value_expr, scope)
        return result

    def _for_list(self, expr: Expr, scope: Scope) -> Value:
        _, key_name, value_name, collection, body, condition = expr
        scopes = self._iterate(key_name, value_name, collection, condition, scope)
        return scopes if isinstance(scopes, Unknown) else [self.evaluate(body, each) for each in scopes]

    def _for_object(self, expr: Expr, scope: Scope) -> Value:
        _, key_name, value_name, collection, key_expr, body, condition, grouped = expr
        scopes = self._iterate(key_name, value_name, collection, condition, scope)
        if isinstance(scopes, Unknown):
            return scopes
        result: dict[str, Value] = {}
        groups: dict[str, list[Value]] = {}
        for each in scopes:
            key = to_key(self.evaluate(key_expr, each))
            if isinstance(key, Unknown):
                return Unknown(key.reason)
            if not grouped and key in result:
                raise Failed("two elements have the same key")
            result[key] = self.evaluate(body, each)
            groups.setdefault(key, []).append(result[key])
        return {**groups} if grouped else result

    def _iterate(
        self, key_name: str | None, value_name: str, collection: Expr, condition: Expr | None, scope: Scope
    ) -> list[Scope] | Unknown:
        """Return one scope per element that the condition lets through."""
        pairs = self._pairs(self._whole(self.evaluate(collection, scope)))
        if isinstance(pairs, Unknown):
            return pairs
        scopes: list[Scope] = []
        for key, value in pairs:
            each = scope.naming({value_name: value} if key_name is None else {key_name: key, value_name: value})
            wanted = True if condition is None else to_bool(self.evaluate(condition, each))
            if isinstance(wanted, Unknown):
                return Unknown(wanted.reason)
            if wanted:
                scopes.append(each)
        return scopes

    def _pairs(self, value: Value) -> Sequence[tuple[Value, Value]] | Unknown:
        if isinstance(value, (Unknown, Ref, Text)):
            return Unknown(pending(value).reason)
        if isinstance(value, SetList):
            return [(item, item) for item in value]
        if isinstance(value, list):
            return list(enumerate(value))
        if isinstance(value, dict):
            return sorted(value.items())
        raise Failed("only a collection can be iterated")
