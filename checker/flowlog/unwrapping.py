"""From a JSON value to the records in it, whatever CloudWatch, Kinesis, Firehose or a search engine put around them.

Source: CloudWatch Logs User Guide, "Subscription filters"; Lambda Developer Guide, "Kinesis"; Firehose Developer
Guide, "Data transformation"; AWS CLI, ``logs filter-log-events`` and ``get-query-results``.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from checker.flowlog.fields import FIELDS
from checker.flowlog.json_stream import Broken, values
from checker.model.record import dataclass

PACKED: Final = "H4sI"
"""How gzip begins in base64."""

_DEEPEST: Final = 8
_UNPACKED: Final = 1 << 26
_LISTS: Final = ("Records", "records", "events", "results", "deliveryStreamRecords")
_TEXTS: Final = ("message", "@message", "body", "_raw", "log", "line", "original")
_FEW: Final = 4
"""Fields from which on an object is taken for a record."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record as text."""

    text: str
    log_group: str | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """A record by field."""

    by_field: dict[str, str]


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A wrapping that is known, and holds nothing."""


@dataclass(frozen=True, slots=True)
class Strange:
    """Something that holds no record."""

    why: str


Item = Line | Values | Wrapping | Strange


def unwrapped(value: Any, depth: int = 0) -> Iterator[Item]:
    """Yield what a JSON value holds, down to eight wrappings."""
    if depth > _DEEPEST:
        yield Strange("it is nested too deep")
    elif isinstance(value, Broken):
        yield Strange(value.why)
    elif isinstance(value, str):
        yield from _text(value, None, depth)
    elif isinstance(value, list):
        if cells := _cells(value):
            yield from unwrapped(cells, depth + 1)
            return
        for each in value:
            yield from unwrapped(each, depth + 1)
        if not value:
            yield Wrapping()
    elif isinstance(value, dict):
        yield from _object(value, depth)
    else:
        yield Strange("no object, list or text")


def _object(value: dict[str, Any], depth: int) -> Iterator[Item]:
    events = value.get("logEvents")
    if isinstance(events, list):
        yield from _delivered(value, events, depth)
        return
    for data in (_member(value, "awslogs", "data"), _member(value, "kinesis", "data"), value.get("data")):
        if isinstance(data, str):
            yield from _encoded(data, depth)
            return
    for name in _LISTS:
        if isinstance(value.get(name), list):
            yield from unwrapped(value[name], depth + 1)
            return
    record = _record(value, depth)
    if record is not None:
        yield Values(record)
        return
    text = next((value[name] for name in _TEXTS if isinstance(value.get(name), (str, dict))), None)
    if text is None:
        yield Strange("an object without a record")
    else:
        yield from unwrapped(text, depth + 1)


def _delivered(value: Mapping[str, Any], events: list[Any], depth: int) -> Iterator[Item]:
    """Yield the events of a subscription's message; control messages hold none that count."""
    group = value.get("logGroup")
    yield Wrapping()
    if value.get("messageType") == "CONTROL_MESSAGE":
        return
    for event in events:
        text = event.get("message") if isinstance(event, dict) else None
        if isinstance(text, str):
            yield from _text(text, group if isinstance(group, str) else None, depth)
        else:
            yield Strange("an event without a message")


def _text(text: str, group: str | None, depth: int) -> Iterator[Item]:
    text = text.strip()
    if text.startswith(PACKED):
        yield from _encoded(text, depth)
    elif text[:1] in ("{", "["):
        for value in values([text.encode()]):
            yield from unwrapped(value, depth + 1)
    else:
        for line in text.splitlines():
            if line.strip():
                yield Line(line.strip(), group)


def _encoded(text: str, depth: int) -> Iterator[Item]:
    """Yield what base64 holds: text or JSON, packed or not."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        yield Strange("data that is no base64")
        return
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, _UNPACKED)
        except zlib.error:
            yield Strange("data whose gzip is damaged")
            return
        if not unpacker.eof:
            yield Strange("data whose gzip is cut off or too large")
            return
    for value in values([data]):
        yield from unwrapped(value, depth + 1)


def _member(value: Mapping[str, Any], outer: str, inner: str) -> Any:
    found = value.get(outer)
    return found.get(inner) if isinstance(found, dict) else None


def _cells(value: list[Any]) -> dict[str, Any] | None:
    """Return one row of a Logs Insights result, ``[{"field": ..., "value": ...}, ...]``, as an object."""
    if value and all(isinstance(each, dict) and {"field", "value"} <= each.keys() for each in value):
        return {str(each["field"]): each["value"] for each in value}
    return None


_NAMES: Final = {field.name.replace("-", ""): field.name for field in FIELDS}
_PLACES: Final = {field.name: place for place, field in enumerate(FIELDS)}


@lru_cache(maxsize=1024)
def _field(key: str) -> str | None:
    return _NAMES.get(re.sub(r"[-_]", "", key.rsplit(".", 1)[-1].lower()))


def _record(value: Mapping[str, Any], depth: int) -> dict[str, str] | None:
    """Return the record that the members of an object, or of an object within it, are the values of.

    ``interface_id``, ``interface-id``, ``interfaceId`` and ``aws.vpc.interface-id`` are one name. Members that are no
    fields are left out.
    """
    found: dict[str, str] = {}
    for key, each in value.items():
        name = _field(key)
        if name is not None and not isinstance(each, (dict, list)):
            found.setdefault(name, _plain(name, each))
    if len(found) >= _FEW and ("srcaddr" in found or "interface-id" in found):
        return dict(sorted(found.items(), key=lambda item: _PLACES[item[0]]))
    if depth < _DEEPEST:
        inner = (_record(each, depth + 1) for each in value.values() if isinstance(each, dict))
        return next((each for each in inner if each is not None), None)
    return None


def _plain(name: str, value: Any) -> str:
    """Return a value as plain text records hold it."""
    if value is None or isinstance(value, bool):
        return "-"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "".join(str(value).split()) or "-"
    if name not in ("start", "end") or text.isdigit():
        return text
    try:
        when = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return text
    return str(int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))
