"""Where the objects of a flow log lie, and whether a table's location and partitions lead there.

Sources: VPC User Guide, "Flow log files"; Athena User Guide, "Partition projection".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from checker.model.flow_log import FlowLog
from checker.model.known import Maybe, Unknown
from checker.model.monitoring import GlueTable
from checker.model.record import dataclass
from checker.rules._destination import account_text
from checker.rules._text import Tri, all_of, any_of, equal, hole, mask, text_of

DATE: Final = {"yyyy": "2026", "MM": "03", "dd": "07", "HH": "09"}
"""A day and hour on which every number needs its leading zero."""
HIVE_KEYS: Final = ("aws-account-id", "aws-service", "aws-region", "year", "month", "day", "hour")
_UNITS: Final = re.compile(r"'(?P<literal>[^']*)'|(?P<unit>y+|M+|d+|H+)|(?P<other>.)", re.DOTALL)
_PLAIN: Final = {"y": "yyyy", "M": "MM", "d": "dd", "H": "HH"}
_PARAMETER: Final = re.compile(r"\$\{([^}]*)\}")
_RANGE_YEARS: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no or not known, and why."""

    ok: Tri
    why: str = ""


YES: Final = Answer(True)


def log_folders(log: FlowLog) -> Maybe[tuple[str, ...]]:
    """Return the folders of a log's objects inside the bucket, on the sample day; ``⟦…⟧`` for what is not known."""
    destination = log.destination
    if isinstance(destination, Unknown):
        return destination
    if isinstance(destination.prefix, Unknown) and destination.prefix.symbol is None:
        return destination.prefix
    for value in (log.hive_compatible_partitions, log.per_hour_partition):
        if isinstance(value, Unknown):
            return value
    prefix = "" if destination.prefix is None else mask(text_of(destination.prefix, "prefix"))
    values = [account_text(log), "vpcflowlogs", text_of(log.region, f"region of {log.key}")]
    values += [DATE["yyyy"], DATE["MM"], DATE["dd"], *([DATE["HH"]] if log.per_hour_partition else [])]
    if log.hive_compatible_partitions:
        values = [f"{key}={value}" for key, value in zip(HIVE_KEYS, values, strict=False)]
    return (*(part for part in prefix.split("/") if part), "AWSLogs", *values)


def split_location(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return bucket and folders of ``s3://bucket/folder/``; None for another kind of location."""
    found = re.match(r"s3[an]?://([^/]+)/?(.*)", mask(text), re.DOTALL)
    if found is None:
        return None
    return found[1], tuple(part for part in found[2].split("/") if part)


def location_answer(table: GlueTable, buckets: Sequence[str], folders: Sequence[str]) -> Answer:
    """Say whether a table's location is the folder of a log, or one above it. ``buckets`` are names of one bucket."""
    if isinstance(table.location, Unknown) and table.location.symbol is None:
        return Answer(None, f"its location is not known ({table.location.reason})")
    text = text_of(table.location, "location") if table.location is not None else ""
    parts = split_location(text)
    if parts is None:
        return Answer(False, "it has no location in S3")
    bucket, own = parts
    same = any_of(*(equal(bucket, mask(each)) for each in buckets))
    if same is False:
        return Answer(False, f"its location {text} is another bucket")
    if len(own) > len(folders):
        return Answer(False, f"its location {text} lies below the folders of the log")
    inside = all_of(same, *(equal(mine, theirs) for mine, theirs in zip(own, folders, strict=False)))
    if inside is False:
        return Answer(False, f"its location {text} is not above the folders of the log ({'/'.join(folders)})")
    return YES if inside else Answer(None, f"whether its location {text} is the log's folder is not known")


def partition_answer(table: GlueTable, buckets: Sequence[str], folders: Sequence[str], hive: bool) -> Answer:
    """Say whether a table's partitions lead to a log's objects."""
    keys, parameters = table.partition_keys, table.parameters
    if isinstance(keys, Unknown) or isinstance(parameters, Unknown):
        return Answer(None, "its partitions are not known")
    names = tuple(name for name, _ in keys)
    if not names:
        return Answer(True, "it has no partitions: every query reads every object")
    enabled = parameters.get("projection.enabled", "false")
    if isinstance(enabled, Unknown):
        return Answer(None, f"projection.enabled is not known ({enabled.reason})")
    if enabled.lower() == "true":
        return _projected(table, names, parameters, buckets, folders)
    return _registered(table, names, folders, hive)


def _registered(table: GlueTable, names: tuple[str, ...], folders: Sequence[str], hive: bool) -> Answer:
    """Judge partitions that somebody has to add: those of Hive's layout can be found by their names."""
    if not hive:
        return Answer(None, "its partitions are added one by one, and which there are is not known")
    parts = split_location(text_of(table.location or "", "location"))
    below = folders[len(parts[1]) :] if parts is not None else ()
    expected = tuple(folder.partition("=")[0] for folder in below if "=" in folder)
    if names != expected[: len(names)] or len(names) < len(expected):
        return Answer(False, f"its partition keys are {', '.join(names)}, the folders are {', '.join(expected)}")
    return Answer(True, "Assumed: its partitions are added (MSCK REPAIR TABLE or a crawler)")


def _projected(
    table: GlueTable,
    names: tuple[str, ...],
    parameters: Mapping[str, Maybe[str]],
    buckets: Sequence[str],
    folders: Sequence[str],
) -> Answer:
    for name in names:
        kind = parameters.get(f"projection.{name}.type")
        if kind is None:
            return Answer(False, f"projection.{name}.type is not set for partition key {name}")
    parts = _template(table, names, parameters)
    if isinstance(parts, Answer):
        return parts
    bucket, pattern = parts
    same = any_of(*(equal(bucket, mask(each)) for each in buckets))
    if same is False:
        return Answer(False, f"storage.location.template leads to bucket {bucket}")
    unused = [name for name in names if f"${{{name}}}" not in "/".join(pattern)]
    if unused:
        return Answer(False, f"storage.location.template does not name partition key {unused[0]}")
    found = _Projection(parameters).lay(pattern, folders)
    return found if found.ok is not True else Answer(same, found.why)


def _template(
    table: GlueTable, names: tuple[str, ...], parameters: Mapping[str, Maybe[str]]
) -> tuple[str, tuple[str, ...]] | Answer:
    """Return bucket and folders of the location of one partition, parameters in braces."""
    written = parameters.get("storage.location.template")
    if written is None:
        written = table.location or ""
        tail = tuple(f"{name}=${{{name}}}" for name in names)
    else:
        tail = ()
    if isinstance(written, Unknown) and written.symbol is None:
        return Answer(None, f"storage.location.template is not known ({written.reason})")
    parts = split_location(text_of(written, "template"))
    if parts is None:
        return Answer(False, "storage.location.template is no location in S3")
    return parts[0], (*parts[1], *tail)


class _Projection:
    """The parameters ``projection.KEY.*`` of one table."""

    def __init__(self, parameters: Mapping[str, Maybe[str]]) -> None:
        self._parameters = parameters

    def _get(self, key: str, name: str) -> str | None:
        """Return a parameter; a hole where it is not known."""
        found = self._parameters.get(f"projection.{key}.{name}")
        return None if found is None else text_of(found, f"projection.{key}.{name}")

    def lay(self, pattern: Sequence[str], folders: Sequence[str]) -> Answer:
        """Lay the folders of a partition over those of a log; what lies below is read along."""
        at = 0
        notes: list[str] = []
        open_ = ""
        for part in pattern:
            keys = _PARAMETER.findall(part)
            if len(keys) > 1:
                return Answer(None, f"{part} of storage.location.template holds several keys")
            if at >= len(folders):
                return Answer(False, f"storage.location.template goes on with {part}, and the log's folders end there")
            taken, found = self._part(part, keys[0] if keys else "", folders[at:])
            if found.ok is False or not taken:
                return found
            open_ = open_ or (found.why if found.ok is None else "")
            notes += [found.why] if found.ok and found.why else []
            at += taken
        return Answer(None, open_) if open_ else Answer(True, "; ".join(notes))

    def _part(self, part: str, key: str, rest: Sequence[str]) -> tuple[int, Answer]:
        """Return how many folders one part of the template takes (0: not known), and whether it fits them."""
        if not key:
            same = equal(part, rest[0])
            return 1, Answer(same, f"storage.location.template has {part}, where the log has {rest[0]}")
        before, _, after = part.partition(f"${{{key}}}")
        kind = (self._get(key, "type") or "").lower()
        if "⟦" in kind:
            return 0, Answer(None, f"projection.{key}.type is not known")
        if kind == "date":
            return self._date(key, before, after, rest)
        folder = rest[0]
        if not folder.startswith(before) or not folder.endswith(after):
            maybe = None if "⟦" in folder + part else False
            return 1, Answer(maybe, f"storage.location.template has {part}, where the log has {folder}")
        value = folder[len(before) : len(folder) - len(after)]
        judges = {"enum": self._enum, "integer": self._integer}
        if kind in judges:
            return 1, judges[kind](key, value)
        return 1, YES if kind == "injected" else Answer(False, f"projection.{key}.type is {kind}")

    def _enum(self, key: str, value: str) -> Answer:
        given = self._get(key, "values") or ""
        found = any_of(*(equal(each.strip(), value) for each in given.split(",")))
        if found is False and "⟦" in given:
            found = None
        return Answer(found, "" if found else f"projection.{key}.values ({given}) lacks {value}")

    def _integer(self, key: str, value: str) -> Answer:
        limits = (self._get(key, "range") or "").split(",")
        digits = self._get(key, "digits") or "1"
        if "⟦" in "".join([*limits, digits, value]):
            return Answer(None, f"whether projection.{key}.range holds {value} is not known")
        numbers = [int(text) for text in [*limits, digits, value] if re.fullmatch(r"\s*[0-9]{1,12}\s*", text)]
        if len(numbers) != 4:
            return Answer(False, f"projection.{key} is of type integer and does not hold {value}")
        first, last, width, number = numbers
        if str(number).zfill(min(width, 12)) != value:
            return Answer(False, f"projection.{key}.digits {width} does not write {value}")
        if len(value) == len(DATE["yyyy"]) and first <= last:
            return _open_ended(key, first, last)
        return Answer(first <= number <= last, f"projection.{key}.range ends before {value}")

    def _date(self, key: str, before: str, after: str, rest: Sequence[str]) -> tuple[int, Answer]:
        pattern = self._get(key, "format") or ""
        if "⟦" in pattern:
            return 0, Answer(None, f"projection.{key}.format is not known")
        written = f"{before}{_rendered(pattern)}{after}".strip("/")
        taken = written.count("/") + 1
        folders = "/".join(rest[:taken])
        if written != folders:
            says = f"projection.{key}.format {pattern} writes {written}, where the log has {folders}"
            return taken, Answer(False, says)
        limits = (self._get(key, "range") or "").split(",")
        if any("⟦" in limit for limit in limits):
            return taken, Answer(None, f"projection.{key}.range is not known")
        if len(limits) != 2:
            return taken, Answer(False, f"projection.{key}.range is not a first and a last day")
        if "NOW" in limits[1].upper():
            return taken, YES
        years = [re.search("[0-9]{4}", limit) for limit in limits]
        if years[0] is None or years[1] is None:
            return taken, Answer(None, f"whether projection.{key}.range has ended is not known")
        return taken, _open_ended(key, int(years[0][0]), int(years[1][0]))


def _open_ended(key: str, first: int, last: int) -> Answer:
    if last - first >= _RANGE_YEARS:
        return Answer(True, f"Note: projection.{key}.range ends in {last}")
    return Answer(None, f"projection.{key}.range ends in {last}, and whether that is past is not known")


def _rendered(pattern: str) -> str:
    """Return the sample day in a format of Java's."""
    written = []
    for found in _UNITS.finditer(pattern):
        if found["unit"]:
            full = DATE[_PLAIN[found["unit"][0]]]
            width = len(found["unit"])
            written.append(full[-2:] if full == DATE["yyyy"] and width == 2 else str(int(full)).zfill(min(width, 9)))
        else:
            written.append(found["literal"] if found["literal"] is not None else found["other"])
    return "".join(written)


def names_of_bucket(values: Sequence[Maybe[str | None]], key: str) -> tuple[str, ...]:
    """Return the texts that name one bucket, with ``⟦…⟧`` where only the apply will tell."""
    known = [value for value in values if isinstance(value, str)]
    texts = known or [text_of(value, f"name of {key}") for value in values if value is not None]
    return tuple(dict.fromkeys(texts)) or (hole(f"name of {key}"),)
