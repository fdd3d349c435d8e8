"""Statements of policies: added to a policy that exists, however it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from checker.fixing.change import Change, add, called, dedented
from checker.fixing.edit import add_elements, add_nested, beside, put
from checker.fixing.layout import stepped, unit
from checker.fixing.model import CannotFix
from checker.fixing.places import Spot
from checker.fixing.syntax import Block, Item, expression_end, items
from checker.fixing.written import Written

_DOCUMENT: Final = re.compile(r"data\.aws_iam_policy_document\.([\w-]+)(\[[^\]]*\])?\.json")
_ENCODED: Final = re.compile(r"jsonencode\(\s*")


def add_statements(change: Change, spot: Spot, written: Written, others: Sequence[Written]) -> None:
    """Add the statements of a remediation to the ``policy`` of a resource; ``others`` hold what they refer to."""
    policy = written.block().argument("policy")
    value = written.text[policy.value : policy.end] if policy else ""
    add_to(change, spot, "policy", value, others)


def add_to(change: Change, spot: Spot, name: str, value: str, others: Sequence[Written]) -> None:
    """Add the statements of a policy, as an expression, to that of an argument."""
    argument = spot.block.argument(name)
    if argument is None:
        raise CannotFix(f"{name} is not set in {'.'.join(spot.block.labels)} ({spot.where(change.places.files)})")
    there = change.places.value(spot, argument)
    document = _DOCUMENT.fullmatch(there)
    where = spot.where(change.places.files, argument.start)
    if change.places.may_change(spot.module) is not None:
        raise CannotFix(f"the policy is that of a module ({where}): {change.places.may_change(spot.module)}")
    if document:
        _to_document(change, spot, document[1], value, others)
    elif _ENCODED.match(there):
        _to_object(change, spot, name, value, others)
    else:
        raise CannotFix(f"the policy is not written out ({where}): add what the finding's remediation says")


def _names(change: Change, spot: Spot, others: Sequence[Written]) -> dict[tuple[str, str], str]:
    """Add the data sources that statements refer to, but not the document that only holds them."""
    needed = [each for each in others if each.name[0] not in ("aws_iam_policy_document", "")]
    return add(change, needed, beside=spot) if needed else {}


def _to_document(change: Change, spot: Spot, label: str, value: str, others: Sequence[Written]) -> None:
    change.places.need(spot.module, "data", "aws_iam_policy_document", label)
    statements = _as_blocks(value, others)
    names = _names(change, spot, others)
    for each in statements:
        fresh = change.places.need(spot.module, "data", "aws_iam_policy_document", label)
        same = fresh.block.nested("statement")
        add_nested(change, fresh, called(each, names), after=same[-1] if same else None)


def _to_object(change: Change, spot: Spot, name: str, value: str, others: Sequence[Written]) -> None:
    statements = _as_objects(value, others)
    names = _names(change, spot, others)
    fresh = change.places.need(spot.module, spot.block.type, *spot.block.labels)
    argument = fresh.block.argument(name)
    text = change.places.files.text(fresh.path)
    if argument is None:
        raise CannotFix(f"{name} is gone")
    start = argument.value + len(_ENCODED.match(text[argument.value :]).group())  # type: ignore[union-attr]
    body = items(text, start, _end_of(text, start)) or []
    statement = next((each for each in body if each.key == "Statement"), None)
    if statement is None or text[statement.value] not in "[{":
        raise CannotFix(f"the statements are not written out ({fresh.where(change.places.files, argument.start)})")
    made = [stepped(called(each, names), unit(text)) for each in statements]
    what = f"adds a statement to {name} of {'.'.join(fresh.block.labels)}"
    if text[statement.value] == "{":
        start, end, new = beside(text, Item(statement.value, statement.end, None, statement.value), made)
        put(change, fresh, statement.value, end, f"[{text[statement.value : start]}{new}]", what)
        return
    add_elements(change, fresh, (statement.value, statement.end), made, what)


def _end_of(text: str, start: int) -> int:
    return expression_end(text, start, stops=")")


def _document_of(value: str, others: Sequence[Written]) -> tuple[Block, str] | None:
    found = _DOCUMENT.fullmatch(value)
    for each in others:
        if found and each.name == ("aws_iam_policy_document", found[1]):
            return each.block(), each.text
    return None


def _as_blocks(value: str, others: Sequence[Written]) -> list[str]:
    """Return statements as blocks of ``aws_iam_policy_document``."""
    document = _document_of(value, others)
    if document is not None:
        return [dedented(document[1], each) for each in document[0].nested("statement")]
    return [_block_of(each) for each in _statements(value)]


def _as_objects(value: str, others: Sequence[Written]) -> list[str]:
    """Return statements as objects of ``jsonencode``."""
    document = _document_of(value, others)
    if document is not None:
        return [_object_of(document[1], each) for each in document[0].nested("statement")]
    return _statements(value)


def _statements(value: str) -> list[str]:
    """Return the objects in ``Statement`` of ``jsonencode({...})``, without the indentation they have there."""
    start = _ENCODED.match(value).end()  # type: ignore[union-attr]
    body = items(value, start, _end_of(value, start)) or []
    statement = next(each for each in body if each.key == "Statement")
    found = items(value, statement.value, statement.end) or []
    made = []
    for each in found:
        text = value[each.start : each.end]
        last = text.rsplit("\n", 1)[-1]
        indent = last[: len(last) - len(last.lstrip())]
        made.append(text.replace(f"\n{indent}", "\n"))
    return made


_NAMES: Final = {"sid": "Sid", "effect": "Effect", "actions": "Action", "resources": "Resource"}


def _object_of(text: str, statement: Block) -> str:
    rows = {"Effect": '"Allow"'}
    rows |= {_NAMES[each.name]: text[each.value : each.end] for each in statement.arguments}
    for each in statement.nested("principals"):
        kind, who = (_value(text, each, name) for name in ("type", "identifiers"))
        rows["Principal"] = f"{{ {kind.strip(chr(34))} = {who} }}"
    tests: dict[str, list[str]] = {}
    for each in statement.nested("condition"):
        test, variable, values = (_value(text, each, name) for name in ("test", "variable", "values"))
        tests.setdefault(test.strip('"'), []).append(f"{variable} = {values}")
    if tests:
        rows["Condition"] = "{ " + ", ".join(f"{test} = {{ {', '.join(each)} }}" for test, each in tests.items()) + " }"
    order = [name for name in ("Sid", "Effect", "Principal", "Action", "Resource", "Condition") if name in rows]
    width = max(len(name) for name in order)
    return "{\n" + "".join(f"  {name.ljust(width)} = {rows[name]}\n" for name in order) + "}"


def _block_of(statement: str) -> str:
    """Return a statement of ``jsonencode`` as a block of ``aws_iam_policy_document``."""
    parts = {each.key: statement[each.value : each.end] for each in items(statement, 0, len(statement)) or []}
    rows = {"sid": parts["Sid"]} if "Sid" in parts else {}
    rows |= {"effect": parts.get("Effect", '"Allow"'), "actions": _listed(parts["Action"])}
    rows |= {"resources": _listed(parts["Resource"])} if "Resource" in parts else {}
    width = max(len(name) for name in rows)
    lines = [f"  {name.ljust(width)} = {value}" for name, value in rows.items()]
    for kind, who in _pairs(parts.get("Principal", "{}")):
        lines += ["", "  principals {", f'    type        = "{kind}"', f"    identifiers = {_listed(who)}", "  }"]
    for test, pairs in _pairs(parts.get("Condition", "{}")):
        for variable, values in _pairs(pairs):
            lines += ["", "  condition {", f'    test     = "{test}"', f'    variable = "{variable}"']
            lines += [f"    values   = {_listed(values)}", "  }"]
    return "statement {\n" + "\n".join(lines) + "\n}"


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(each.key or "", text[each.value : each.end]) for each in items(text, 0, len(text)) or []]


def _listed(text: str) -> str:
    return text if text.startswith("[") else f"[{text}]"


def _value(text: str, block: Block, name: str) -> str:
    argument = block.argument(name)
    return text[argument.value : argument.end] if argument else '""'
