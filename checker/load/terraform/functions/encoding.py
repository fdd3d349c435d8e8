"""Functions that encode and decode: JSON, YAML, CSV, base64, URLs."""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote, unquote_plus

from checker.load.terraform.functions.arguments import (
    MAX_ITEMS,
    FunctionError,
    PendingError,
    joined,
    need_all,
    number_text,
    text,
    whole,
)
from checker.load.terraform.instance import Ref, Text, Value
from checker.model.known import Unknown

_MAX_DEPTH: Final = 200
_YAML_INT: Final = "tag:yaml.org,2002:int"
_YAML_FLOAT: Final = "tag:yaml.org,2002:float"
_INT: Final = re.compile(r"(?:[-+]?[0-9]{1,300}|0x[0-9a-fA-F]{1,300}|0o[0-7]{1,300}|0b[01]{1,300})$")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?$")
_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def to_json(value: Value) -> Value:
    """Return a value as JSON text, written as Terraform does.

    Where a part is not known, the result is a Text: JSON in which the part stands inside of quotes, as if it were a
    text, so that a policy document keeps its structure around the ARNs that it names.
    """
    return joined(_json(value, 0))


def _json(value: Value, depth: int) -> Iterator[str | Ref | Unknown]:
    if depth > _MAX_DEPTH:
        raise FunctionError("the value is nested too deeply")
    if isinstance(value, (Ref, Unknown, Text, str)):
        yield from _json_text(value)
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _json(item, depth + 1)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for index, key in enumerate(sorted(value)):
            yield "," if index else ""
            yield from _json_text(key)
            yield ":"
            yield from _json(value[key], depth + 1)
        yield "}"
    else:
        yield _json_word(value)


def _json_word(value: bool | int | float | None) -> str:
    if value is None:
        return "null"
    return ("true" if value else "false") if isinstance(value, bool) else number_text(value)


def _json_text(value: str | Ref | Unknown | Text) -> Iterator[str | Ref | Unknown]:
    yield '"'
    for piece in value.parts if isinstance(value, Text) else (value,):
        yield _escaped(piece) if isinstance(piece, str) else piece
    yield '"'


def _escaped(content: str) -> str:
    made = json.dumps(content, ensure_ascii=False)[1:-1]
    return "".join(_ESCAPED.get(sign, sign) for sign in made)


def _from_json(content: str) -> Value:
    """Parse JSON; numbers as Terraform has them."""
    try:
        parsed: Value = _plain(json.loads(content, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        raise FunctionError("the text is no JSON") from error
    return parsed


def _no_constant(_: str) -> Any:
    raise ValueError("no JSON number")


def _plain(value: Any) -> Value:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise PendingError(Unknown("a number is too large to be worked with"))
        return whole(value)
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("+00:00") + ("Z" if not value.utcoffset() else "")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


def _key(key: Any) -> str:
    made = _plain(key)
    if made is None:
        return "null"
    return text(made)


def _jsondecode(value: Value) -> Value:
    return _from_json(text(value))


def _yamldecode(value: Value) -> Value:
    import yaml

    content = text(value)
    if "&" in content and "*" in content:
        raise PendingError(Unknown("YAML with anchors is not read"))
    try:
        return _plain(yaml.load(content, Loader=_yaml_loader()))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FunctionError("the text is no YAML") from error


def _yaml_loader() -> Any:
    """Return a safe loader that reads numbers and keys as Terraform does: 010 is ten, 1_000 a text."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - the base class has it so
            sign: [(tag, pattern) for tag, pattern in pairs if tag not in (_YAML_INT, _YAML_FLOAT)]
            for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            pairs = ((self.construct_object(key, deep=True), value) for key, value in node.value)
            return {_key(key): self.construct_object(value, deep=deep) for key, value in pairs}

    Loader.add_implicit_resolver(_YAML_INT, _INT, list("-+0123456789"))
    Loader.add_implicit_resolver(_YAML_FLOAT, _FLOAT, list("-+.0123456789"))
    Loader.add_constructor(_YAML_INT, lambda loader, node: _yaml_int(str(node.value)))
    Loader.add_constructor(_YAML_FLOAT, lambda loader, node: float(node.value))
    return Loader


def _yaml_int(written: str) -> int:
    digits = written.lstrip("+-")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
    value = int(digits[2:] if base != 10 else digits, base)
    return -value if written.startswith("-") else value


def _yamlencode(value: Value) -> Value:
    """Return YAML as Terraform writes it: all texts in quotes."""
    return "".join(f"{line}\n" for line in _yaml(need_all(value), 0))


def _yaml(value: Value, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise FunctionError("the value is nested too deeply")
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _yaml_entry(f"{_yaml_scalar(key)}:", value[key], depth)
    elif isinstance(value, list) and value:
        for item in value:
            lines = list(_yaml(item, depth + 1))
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])
    else:
        yield "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else _yaml_scalar(value)


def _yaml_entry(key: str, value: Value, depth: int) -> Iterator[str]:
    lines = list(_yaml(value, depth + 1))
    if isinstance(value, (dict, list)) and value:
        yield key
        yield from (f"  {line}" if isinstance(value, dict) else line for line in lines)
    elif isinstance(value, str) and "\n" in value:
        raise PendingError(Unknown("how yamlencode writes a text of several lines is not known"))
    else:
        yield f"{key} {lines[0]}"


def _yaml_scalar(value: Value) -> str:
    made = to_json(value)
    return made if isinstance(made, str) else ""


def _csvdecode(value: Value) -> Value:
    rows = list(csv.reader(io.StringIO(text(value), newline=""), strict=True))
    if not rows:
        raise FunctionError("the text has no header line")
    header = rows[0]
    if any(len(row) != len(header) for row in rows if row):
        raise FunctionError("a line has not as many fields as the header")
    return [dict(zip(header, row, strict=True)) for row in rows[1:] if row]


def _base64encode(value: Value) -> Value:
    return base64.b64encode(text(value).encode()).decode()


def _base64decode(value: Value) -> Value:
    try:
        return base64.b64decode(text(value), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise FunctionError("the text is no base64 of UTF-8") from error


def _base64gzip(value: Value) -> Value:
    text(value)
    raise PendingError(Unknown("the bytes that Terraform's gzip makes are not known"))


def _base64gunzip(value: Value) -> Value:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(text(value), validate=True))) as file:
            data = file.read(MAX_ITEMS * 100)
        return data.decode()
    except (binascii.Error, ValueError, OSError, EOFError) as error:
        raise FunctionError("the text is no base64 of compressed UTF-8") from error


def _textencodebase64(value: Value, encoding: Value) -> Value:
    try:
        return base64.b64encode(text(value).encode(text(encoding))).decode()
    except (LookupError, UnicodeError) as error:
        raise FunctionError("the text cannot be encoded") from error


def _textdecodebase64(value: Value, encoding: Value) -> Value:
    try:
        return base64.b64decode(text(value), validate=True).decode(text(encoding))
    except (binascii.Error, LookupError, ValueError) as error:
        raise FunctionError("the text cannot be decoded") from error


def _urlencode(value: Value) -> Value:
    return quote(text(value), safe="-_.").replace("%20", "+")


def _urldecode(value: Value) -> Value:
    return unquote_plus(text(value))


def _jsonencode(value: Value) -> Value:
    return to_json(value)


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "base64decode": _base64decode,
    "base64encode": _base64encode,
    "base64gunzip": _base64gunzip,
    "base64gzip": _base64gzip,
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "textdecodebase64": _textdecodebase64,
    "textencodebase64": _textencodebase64,
    "urldecode": _urldecode,
    "urlencode": _urlencode,
    "yamldecode": _yamldecode,
    "yamlencode": _yamlencode,
}
