"""``format`` and ``formatlist``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from checker.load.terraform.functions.arguments import (
    MAX_ITEMS,
    MAX_TEXT,
    FunctionError,
    PendingError,
    integer,
    joined,
    kind,
    need,
    need_all,
    number,
    number_text,
    part,
    text,
)
from checker.load.terraform.functions.encoding import to_json
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.bounds import length
from checker.load.terraform.source.values import pending
from checker.model.known import Unknown

Piece: TypeAlias = str | Ref | Text | Unknown

_VERB: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?:\[(?P<before>\d+)\])?(?P<width>\d+)?(?:\.(?P<precision>\d*))?"
    r"(?:\[(?P<after>\d+)\])?(?P<verb>[a-zA-Z%])?"
)
_MAX_WIDTH: Final = 1000


def _format(template: Value, *arguments: Value) -> Value:
    return joined(_pieces(text(template), arguments))


def _pieces(template: str, arguments: Sequence[Value]) -> list[Piece]:
    pieces: list[Piece] = []
    position = following = highest = 0
    indexed = False
    for found in _VERB.finditer(template):
        pieces.append(template[position : found.start()])
        position = found.end()
        if found.group("verb") is None:
            raise FunctionError("the format ends within a verb, or has one that is none")
        if found.group("verb") == "%":
            pieces.append("%")
            continue
        if given := found.group("after") or found.group("before"):
            following, indexed = int(given) - 1, True
        pieces.append(_formatted(found, int(found.group("width") or "0"), _argument(arguments, following)))
        following += 1
        highest = max(highest, following)
    if highest < len(arguments) and not indexed:
        raise FunctionError("the format does not use all arguments")
    return [*pieces, template[position:]]


def _argument(arguments: Sequence[Value], index: int) -> Value:
    if not 0 <= index < len(arguments):
        raise FunctionError("the format needs more arguments")
    return arguments[index]


def _formatted(found: re.Match[str], width: int, value: Value) -> Piece:
    """Return what a verb makes of an argument; symbolic where the verb only places it."""
    flags, verb = found.group("flags"), found.group("verb")
    precision = found.group("precision")
    if abs(width) > _MAX_WIDTH or (precision and int(precision) > _MAX_WIDTH):
        raise FunctionError("the format is too wide")
    if isinstance(value, (Ref, Text, Unknown)):
        if verb in "sv" and not width and precision is None and "#" not in flags:
            return value
        raise PendingError(Unknown(pending(value).reason))
    if value is None:
        raise PendingError(Unknown("how null is formatted is not known"))
    make = _VERBS.get(verb)
    if make is None:
        raise FunctionError(f"%{verb} is no verb of format")
    return _padded(make(value, flags, None if precision is None else int(precision or "0")), flags, width, verb)


def _padded(content: str, flags: str, width: int, verb: str) -> str:
    if "-" in flags:
        return content.ljust(width)
    if "0" in flags and verb in "bdoxXeEfgG":
        sign = content[:1] if content[:1] in ("-", "+", " ") else ""
        return sign + content[len(sign) :].rjust(width - len(sign), "0")
    return content.rjust(width)


def _any(value: Value, flags: str, precision: int | None) -> str:
    if "#" in flags:
        return _json(value)
    if isinstance(value, (str, bool, int, float)):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _signed(_general(value), flags)
        return _string(value, flags, precision)
    return _json(value)


def _general(value: int | float) -> str:
    """Return a number in its shortest form, with an exponent from a million on, as Go's %g does for big numbers."""
    plain = number_text(value)
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, _, fraction = digits.partition(".")
    exponent = len(whole) - 1 if whole != "0" else -1 - (len(fraction) - len(fraction.lstrip("0")))
    if -5 < exponent < 6 or not digits.strip("0."):
        return plain
    mantissa = (whole + fraction).strip("0")
    point = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{point}e{exponent:+03d}"


def _json(value: Value) -> str:
    made = to_json(need_all(value))
    if not isinstance(made, str):
        raise PendingError(Unknown("a part of the value is known after apply"))
    return made


def _string(value: Value, _flags: str, precision: int | None) -> str:
    content = text(value)
    return content if precision is None else content[:precision]


def _quoted(value: Value, _flags: str, _precision: int | None) -> str:
    return json.dumps(text(value), ensure_ascii=False)


def _bool(value: Value, _flags: str, _precision: int | None) -> str:
    known = need(value)
    if known in ("true", "false") or isinstance(known, bool):
        return text(known)
    raise FunctionError(f"%t takes a bool, not {kind(known)}")


def _decimal(value: Value, flags: str, _precision: int | None) -> str:
    return _signed(str(integer(value)), flags)


def _based(code: str) -> Callable[[Value, str, int | None], str]:
    def make(value: Value, flags: str, _precision: int | None) -> str:
        prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}[code] if "#" in flags else ""
        known = integer(value)
        digits = f"{prefix}{format(abs(known), code)}"
        return _signed(f"-{digits}" if known < 0 else digits, flags)

    return make


def _float(code: str) -> Callable[[Value, str, int | None], str]:
    def make(value: Value, flags: str, precision: int | None) -> str:
        known = float(number(value))
        if code in "gG" and precision is None:
            return _signed(_general(known), flags)
        return _signed(format(known, f".{6 if precision is None else precision}{code}"), flags)

    return make


def _signed(content: str, flags: str) -> str:
    if content.startswith("-"):
        return content
    return f"+{content}" if "+" in flags else f" {content}" if " " in flags else content


_VERBS: Final[dict[str, Callable[[Value, str, int | None], str]]] = {
    "v": _any,
    "s": _string,
    "q": _quoted,
    "t": _bool,
    "d": _decimal,
    **{code: _based(code) for code in "bxXo"},
    **{code: _float(code) for code in "eEfgG"},
}


def _formatlist(template: Value, *arguments: Value) -> Value:
    """Format one text per element of the lists among the arguments, which must be equally long."""
    known = [argument if isinstance(argument, (Ref, Text)) else need(argument) for argument in arguments]
    lengths = {len(argument) for argument in known if isinstance(argument, list)}
    if isinstance(template, list):
        lengths.add(len(template))
    if len(lengths) > 1:
        raise FunctionError("the lists differ in length")
    count = min(lengths.pop() if lengths else 1, MAX_ITEMS)
    made: list[Value] = []
    left = 10 * MAX_TEXT
    for row in range(count):
        made.append(joined(_pieces(text(part(_pick(template, row))), [_pick(argument, row) for argument in known])))
        left -= length(made[-1])
        if left < 0:
            raise PendingError(Unknown("the texts are too long to be worked with"))
    return made


def _pick(argument: Value, row: int) -> Value:
    return argument[row] if isinstance(argument, list) else argument


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {"format": _format, "formatlist": _formatlist}
