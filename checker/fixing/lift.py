"""References that leave a module: by the output that gives the same value, else not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from checker.fixing.model import CannotFix
from checker.load.terraform.instance import Ref, Value
from checker.load.terraform.source.address import with_key
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.scope import ModuleInstance
from checker.load.terraform.source.values import plain

REFERENCE: Final = re.compile(
    r"(?<![\w.-])(?P<data>data\.)?(?P<type>aws_\w+)\.(?P<name>[A-Za-z_][\w-]*)"
    r'(?P<key>\[(?:\d+|"(?:[^"\\]|\\.)*"|each\.key|count\.index)\])?(?P<attribute>\.[A-Za-z_]\w*)?'
)
"""A reference to a resource or data source of AWS, up to its first attribute."""

_SAME: Final = {
    ("aws_s3_bucket", "id"): "bucket",
    ("aws_s3_bucket", "bucket"): "id",
    ("aws_cloudwatch_log_group", "id"): "name",
    ("aws_cloudwatch_log_group", "name"): "id",
    ("aws_iam_role", "id"): "name",
    ("aws_iam_role", "name"): "id",
    ("aws_kms_key", "id"): "key_id",
}
"""Attributes that are always equal. Source: provider documentation, attribute reference."""


def lifted(text: str, module: str, levels: int, evaluation: Evaluation, own: Callable[[str, str], bool]) -> str:
    """Return HCL of a module as it reads ``levels`` modules further up.

    ``module`` is the address of its instance; ``own(type, name)`` tells what goes up along with the text. Raises
    CannotFix for a reference that no output gives.
    """
    if levels == 0:
        return text

    def outside(found: re.Match[str]) -> str:
        if own(found["type"], found["name"]):
            return found.group()
        return _outside(found, module, levels, evaluation)

    return REFERENCE.sub(outside, text)


def _outside(found: re.Match[str], module: str, levels: int, evaluation: Evaluation) -> str:
    local = f"{found['data'] or ''}{found['type']}.{found['name']}{found['key'] or ''}"
    attribute = (found["attribute"] or ".")[1:]
    full = f"{module}.{local}" if module else local
    instance = evaluation.instance(full)
    if instance is None or not attribute:
        raise CannotFix(f"{found.group()} has no name outside of its module")
    within = instance.within
    names = [attribute, *([_SAME[found["type"], attribute]] if (found["type"], attribute) in _SAME else [])]
    wanted = [value for name in names for value in (Ref(full, (name,)), evaluation.argument(full, [name]))]
    words, expression = (found["type"], found["name"]), found.group()
    for _ in range(levels):
        output = _output(within, wanted, words, evaluation)
        if output is None or within.parent is None or within.call is None:
            where = within.module.static_address
            raise CannotFix(f"no output of {where} gives {local}.{attribute}: add one, or fix it in the module")
        words, expression, within = ("module", within.call.labels[0]), output, within.parent
    return expression


def _output(within: ModuleInstance, wanted: list[Value], words: tuple[str, str], evaluation: Evaluation) -> str | None:
    """Return the expression by which a module's caller names one of these values."""
    for name in sorted(within.module.outputs):
        value = plain(evaluation.output(within, name))
        for path, inner in _inside(value):
            known = isinstance(inner, Ref) or _mentions(within, name, words)
            if known and any(_equal(inner, each) for each in wanted):
                call = within.call.labels[0] if within.call else ""
                return f"{with_key(f'module.{call}', within.key)}.{name}{path}"
    return None


def _inside(value: Value) -> Iterator[tuple[str, Value]]:
    """Yield a value, and what a list or object holds, with the path to it."""
    yield "", value
    if isinstance(value, list):
        yield from ((f"[{at}]", each) for at, each in enumerate(value))
    elif isinstance(value, dict):
        yield from ((with_key("", str(key)), each) for key, each in value.items())


def _equal(one: Value, other: Value) -> bool:
    return isinstance(one, Ref | str) and type(one) is type(other) and one == other


def _mentions(within: ModuleInstance, output: str, words: tuple[str, str]) -> bool:
    """Return whether an output names a thing: an equal text alone may be that of another one."""
    attribute = within.module.outputs[output].attributes.get("value")
    written = repr(attribute.expr) if attribute is not None else ""
    return all(repr(word) in written for word in words)
