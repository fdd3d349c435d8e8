"""Responses read as what the model wants: text, number, flag, prefix, rows. Nothing here raises on odd values.

A member that is missing is an answer of its own, ``None`` or nothing in a list; one of another type is Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from checker.load.aws.call import Failure, Reply
from checker.load.terraform.convert.values import as_prefix
from checker.model.address import Prefix
from checker.model.entity import Tags
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass

T = TypeVar("T")
U = TypeVar("U")

_DENIED: Final = ("denied", "unauthorized", "forbidden", "notauthorized", "optinrequired")
_LONGEST: Final = 120
_MILLISECONDS: Final = 1e11
"""A number of seconds this large lies in the year 5138: larger ones are milliseconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a response, and where it was read."""

    values: Mapping[str, Any]
    reply: Reply

    @property
    def where(self) -> str:
        """Return ``111122223333/eu-west-1: ec2:DescribeVpcs``."""
        return place_of(self.reply)

    def odd(self, name: str, wanted: str) -> Unknown:
        """Return why a member tells nothing."""
        return Unknown(f"{self.where}: {name} is not {wanted}")

    def text(self, name: str) -> Maybe[str | None]:
        """Return a text; None where it is not there or empty, which APIs do not tell apart."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value or None
        return self.odd(name, "text")

    def required(self, name: str) -> Maybe[str]:
        """Return a text that AWS always gives."""
        value = self.text(name)
        return self.odd(name, "there") if value is None else value

    def text_or(self, name: str, unset: str) -> Maybe[str]:
        """Return a text; ``unset`` where it is not there or empty."""
        value = self.text(name)
        return unset if value is None else value

    def flag(self, name: str, unset: bool | None = False) -> Maybe[bool]:
        """Return true or false; ``unset`` where it is not there, Unknown where AWS always gives it (None)."""
        value = self.values.get(name)
        if value is None and unset is not None:
            return unset
        return value if isinstance(value, bool) else self.odd(name, "true or false")

    def whole(self, name: str) -> Maybe[int | None]:
        """Return a whole number; None where it is not there."""
        value = self.values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        return self.odd(name, "a whole number")

    def number(self, name: str) -> Maybe[float | None]:
        """Return a number; None where it is not there."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return float(value)
        except OverflowError:
            pass
        return self.odd(name, "a number")

    def prefix(self, name: str) -> Maybe[Prefix | None]:
        """Return an IP prefix; None where it is not there."""
        value = self.text(name)
        return value if value is None or isinstance(value, Unknown) else as_prefix(value)

    def time(self, name: str) -> Maybe[datetime | None]:
        """Return a time in UTC, given as such, as ISO text, or as seconds or milliseconds; None where it is not there.

        A time without zone is UTC.
        """
        value = self.values.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            if isinstance(moment, datetime):
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            pass
        return self.odd(name, "a time")

    def row(self, name: str) -> Maybe[Row | None]:
        """Return an inner object; None where it is not there."""
        value = self.values.get(name)
        if value is None:
            return None
        return Row(value, self.reply) if isinstance(value, dict) else self.odd(name, "an object")

    def required_row(self, name: str) -> Maybe[Row]:
        """Return an inner object that AWS always gives."""
        row = self.row(name)
        return self.odd(name, "there") if row is None else row

    def inner(self, name: str, read: Callable[[Row], Maybe[T]], unset: T) -> Maybe[T]:
        """Return what ``read`` finds in an inner object; ``unset`` where there is none."""
        row = self.row(name)
        return unset if row is None else then(row, read)

    def rows(self, name: str) -> Maybe[list[Row]]:
        """Return the objects of an inner list; none where it is not there."""
        value = self.values.get(name)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return [Row(each, self.reply) for each in value]
        return self.odd(name, "a list of objects")

    def required_rows(self, name: str) -> Maybe[list[Row]]:
        """Return the objects of an inner list that AWS always gives, empty or not."""
        return self.odd(name, "there") if self.values.get(name) is None else self.rows(name)

    def texts(self, name: str) -> Maybe[list[str]]:
        """Return the texts of an inner list; none where it is not there."""
        value = self.values.get(name)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return list(value)
        return self.odd(name, "a list of texts")

    def mapping(self, name: str) -> Maybe[dict[str, Maybe[str]]]:
        """Return a mapping of texts; empty where it is not there."""
        value = self.values.get(name)
        if value is None:
            return {}
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: _as_text(value[key], self.odd(f"{name}.{key}", "text")) for key in sorted(value)}
        return self.odd(name, "a mapping")

    def tags(self, name: str = "Tags", key: str = "Key", value: str = "Value") -> Maybe[Tags]:
        """Return the tags of a list of keys and values; none where it is not there."""
        rows = self.rows(name)
        if isinstance(rows, Unknown):
            return rows
        found: dict[str, Maybe[str]] = {}
        for row in rows:
            word, text = row.text(key), row.text(value)
            if word is None or isinstance(word, Unknown):
                return self.odd(name, "a list of tags")
            found[word] = "" if text is None else text
        return {word: found[word] for word in sorted(found)}


def _as_text(value: Any, odd: Unknown) -> Maybe[str]:
    return value if isinstance(value, str) else odd


def then(value: Maybe[T], read: Callable[[T], Maybe[U]]) -> Maybe[U]:
    """Return what ``read`` makes of a known value; an unknown one stays as it is."""
    return value if isinstance(value, Unknown) else read(value)


def known_text(row: Row, name: str) -> str:
    """Return a text; empty where it is not there or none: only for what may be passed over."""
    value = row.values.get(name)
    return value if isinstance(value, str) else ""


def names(rows: Maybe[list[Row]], name: str) -> Maybe[tuple[Maybe[str], ...]]:
    """Return one text of each row, sorted, without repetition; unknown ones last."""
    if isinstance(rows, Unknown):
        return rows
    texts = [row.required(name) for row in rows]
    known = sorted({text for text in texts if isinstance(text, str)})
    return (*known, *(text for text in texts if isinstance(text, Unknown)))


def place_of(reply: Reply) -> str:
    """Return account, region and call of a reply."""
    request = reply.request
    return f"{request.account}/{request.region}: {request.service}:{request.operation}"


def words_of(failure: Failure) -> str:
    """Return what a person reads of a failure: ``was denied (AccessDenied)``."""
    if any(word in failure.code.lower() for word in _DENIED):
        return f"was denied ({failure.code})"
    if failure.code == "NotCalled":
        return "was not called"
    message = " ".join(failure.message.split())[:_LONGEST]
    said = f": {message}" if message else ""
    return f"failed ({failure.code}{said})"
