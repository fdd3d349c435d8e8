"""Flow logs: what their findings need beyond the remediation."""

from __future__ import annotations

import json
import re
from typing import Final

from checker.fixing.apply import apply_written, as_written, target
from checker.fixing.change import Change, set_value
from checker.fixing.edit import add_elements, check, drop_argument, drop_block, put
from checker.fixing.landing import landing, users
from checker.fixing.layout import line_end, line_start
from checker.fixing.model import CannotFix
from checker.fixing.places import Spot
from checker.fixing.policies import add_to
from checker.fixing.syntax import Argument, Item, items
from checker.fixing.written import Written, take_apart
from checker.load.terraform.source.address import Address
from checker.model.record import replace

_FIELD: Final = re.compile(r"\$?\$\{([a-z][a-z0-9-]*)\}")
_VARIABLE: Final = re.compile(r"\bvar\.([^\W\d][\w-]*)")
_LOCAL: Final = re.compile(r"local\.([^\W\d][\w-]*)")
_PLAIN: Final = re.compile(r'"([^"\\$%]*)"')


def destination(change: Change) -> None:
    """Deliver to an allowed destination: the policy's only one, else the one that a person chose."""
    written = take_apart(change.terraform)
    if len(written) == 1:
        apply_written(change, written)
        return
    chosen = change.choices.need("destination", "to which allowed destination it delivers (an ARN or an expression)")
    value = json.dumps(chosen) if chosen.startswith("arn:") else chosen
    first = next(each for each in written if each.changes)
    block = first.block()
    argument = block.argument("log_destination")
    if argument is None:
        raise CannotFix("its remediation names no destination")
    text = first.text[: argument.value] + value + first.text[argument.end :]
    module = target(change, first).module
    if module and not chosen.startswith("arn:"):
        change.note(f"{chosen} is taken as an expression of the module in which the destination is set")
    apply_written(change, [replace(first, text=text)])


def trust(change: Change) -> None:
    """Grant what delivery lacks; a role's trust policy keeps the statements that it has."""
    written = take_apart(change.terraform)
    roles = [each for each in written if each.changes and each.block().argument("assume_role_policy")]
    if not roles:
        apply_written(change, written)
        return
    others = [each for each in written if not each.changes]
    for each in roles:
        argument = each.block().argument("assume_role_policy")
        value = each.text[argument.value : argument.end] if argument else ""
        add_to(change, target(change, each), "assume_role_policy", value, others)


def fields(change: Change) -> None:
    """Add the missing fields: to the format, else to the list that it is made from."""
    try:
        as_written(change)
        return
    except CannotFix as error:
        reason = error
    log = change.resource(change.address)
    argument = log.block.argument("log_format")
    first = next((each for each in take_apart(change.terraform) if each.changes), None)
    wanted = first.block().argument("log_format") if first else None
    if argument is None or first is None or wanted is None:
        raise reason
    names = _FIELD.findall(first.text[wanted.value : wanted.end])
    now = change.evaluation.argument(str(change.fix.finding.resource.address), ["log_format"])
    current = _FIELD.findall(now) if isinstance(now, str) else None
    for variable in _variables(change, log, argument):
        found = _list(change, log, variable, current)
        if found is not None:
            spot, span = found
            missing = [json.dumps(each) for each in names if each not in (current or ())]
            add_elements(change, spot, span, missing, f"adds {', '.join(missing)} to {variable}")
            change.note("Terraform replaces the flow log: log_format cannot be changed in place")
            return
    raise reason


def _variables(change: Change, log: Spot, argument: Argument) -> list[str]:
    """Return the variables that an argument is made from, through one local value."""
    text = change.places.value(log, argument)
    local = _LOCAL.fullmatch(text)
    if local:
        for spot in change.places.blocks(log.module):
            inner = spot.block.argument(local[1]) if spot.block.type == "locals" else None
            text = change.places.value(spot, inner) if inner else text
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def _list(change: Change, log: Spot, variable: str, current: list[str] | None) -> tuple[Spot, tuple[int, int]] | None:
    """Return where a variable is given as a list that holds the fields of the log."""
    if not log.module or current is None:
        return None
    call = change.places.call(log.module)
    argument = call.block.argument(variable)
    if argument is None:
        return None
    place = landing(change.places, call, call.block, variable)
    span = place.span or (argument.value, argument.end)
    text = change.places.files.text(place.spot.path)
    found = items(text, *span)
    listed = [_PLAIN.fullmatch(text[each.start : each.end]) for each in found or ()]
    return (place.spot, span) if [each[1] for each in listed if each] == current and all(listed) else None


def tags(change: Change) -> None:
    """Add the tags that are required, with values that a person chose."""
    written = take_apart(change.terraform)[0]
    argument = written.block().argument("tags")
    keys = [each.key or "" for each in items(written.text, argument.value, argument.end) or []] if argument else []
    made = [
        f"{key if re.fullmatch(r'[A-Za-z_][A-Za-z0-9_-]*', key) else json.dumps(key)} = "
        f"{json.dumps(change.choices.need(f'tag.{key}', f'the value of tag {key}'))}"
        for key in keys
    ]
    spot = target(change, written)
    _tags(change, spot, spot.block.argument("tags"), "tags", made)


def _tags(change: Change, spot: Spot, argument: Argument | None, name: str, made: list[str]) -> None:
    """Add tags where they are written: in an object, in one that is merged, in a variable's value."""
    what = f"adds {', '.join(made)} to {name}"
    if argument is None:
        value = "{\n" + "".join(f"  {each}\n" for each in made) + "}"
        set_value(change, spot, spot.block, name, value)
        return
    text = change.places.value(spot, argument)
    span = (argument.value, argument.end)
    variable = re.fullmatch(r"(?:merge\(\s*)?var\.([^\W\d][\w-]*)(?:,.*)?", text, re.DOTALL)
    if text.startswith("{"):
        add_elements(change, spot, span, made, what)
    elif variable and spot.module and (text.startswith("var.") or change.places.may_change(spot.module)):
        call = change.places.call(spot.module)
        _tags(change, call, call.block.argument(variable[1]), variable[1], made)
    else:
        put(change, spot, argument.end, argument.end, f", {{ {', '.join(made)} }})", what)
        put(change, spot, argument.value, argument.value, "merge(", what)


def redundant(change: Change) -> None:
    """Remove a flow log that records nothing of its own."""
    address = change.address
    spot = change.resource(address)
    name = f"{address.type}.{address.name}"
    loop = spot.block.argument("for_each")
    if spot.block.argument("count"):
        raise CannotFix(
            f"{name} is made by count: which instance goes is decided there ({spot.where(change.places.files)})"
        )
    if loop is not None:
        _drop_key(change, spot, loop, address)
        return
    check(change, spot, f"{name} is to be removed")
    if users(change.places, spot.module, name):
        raise CannotFix(f"{name} is named elsewhere in its module: remove what uses it first")
    drop_block(change, spot, spot.block)


def _drop_key(change: Change, spot: Spot, loop: Argument, address: Address) -> None:
    """Remove the element of a collection that makes an instance, where the collection is written out."""
    place = landing(change.places, spot, spot.block, "for_each")
    where = spot.where(change.places.files, loop.start)
    if place.span is None:
        raise CannotFix(f"what makes {address.name}[{address.key!r}] is a variable's default ({where})")
    text = change.places.files.text(place.spot.path)
    start, end = place.span
    inner = re.match(r"toset\(\s*", text[start:end])
    start, end = (start + inner.end(), end - 1) if inner else (start, end)
    found = items(text, start, end)
    element = next((each for each in found or () if _key_of(text, each) == address.key), None)
    if found is None or element is None:
        raise CannotFix(f"the collection that makes it is not written out ({where}: {place.now(change.places)})")
    block = place.block
    argument = next((each for each in block.arguments if each.value == place.span[0]), None)
    if len(found) == 1 and argument is not None and block.type == "module":
        drop_argument(change, place.spot, argument)
        return
    _drop_element(change, place.spot, (start, end), found, element)


def _key_of(text: str, item: Item) -> str:
    return item.key if item.key is not None else text[item.start : item.end].strip('"')


def _drop_element(change: Change, spot: Spot, span: tuple[int, int], found: list[Item], element: Item) -> None:
    text = change.places.files.text(spot.path)
    start, end = element.start, element.end
    alone = not text[line_start(text, start) : start].strip()
    if alone and "\n" in text[span[0] : span[1]]:
        start, end = line_start(text, start), min(line_end(text, end) + 1, span[1])
    elif element is found[-1]:
        start = found[-2].end if len(found) > 1 else start
    else:
        end = found[found.index(element) + 1].start
    put(change, spot, start, end, "", f"removes {_key_of(text, element)}")


__all__ = ["Written", "destination", "fields", "redundant", "tags", "trust"]
