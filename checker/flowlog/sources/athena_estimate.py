"""How much a statement will scan at most: the objects of the partitions that it may read, as S3 lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from checker.errors import InputError
from checker.flowlog.names import log_name, may_hold
from checker.flowlog.part import Window
from checker.flowlog.seen import Seen
from checker.flowlog.sources.athena_catalog import Catalogue, Known
from checker.flowlog.sources.refusal import expected
from checker.flowlog.sources.s3 import Listing
from checker.flowlog.sql.partitions import holds, narrowed
from checker.model.record import dataclass

_HIDDEN: Final = ("_", ".")
"""Objects whose names begin so are no part of a table. Source: Athena User Guide, "Table location in Amazon S3"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Bytes that one statement scans at most."""

    size: int
    objects: int
    told_by: str
    """s3, statistics."""
    whole: bool = True
    """False: counting was ended where it had passed the limit."""


def estimate(
    known: Known, catalogue: Catalogue, client: Callable[[], Any], window: Window, most: int | None
) -> Estimate | None:
    """Return how much one statement scans at most; None where neither S3 nor the catalogue tells.

    Parquet is read by column, so less is scanned than its objects hold. Counting ends where it passes ``most``.
    """
    reached = narrowed(window, known.parts)
    try:
        places = list(_places(known, catalogue, reached))
        if places:
            return _listed(places, client(), reached, most)
    except InputError:
        pass  # the catalogue may know
    except expected():
        pass
    size = known.properties.get("totalSize") or known.properties.get("sizeKey") or ""
    if size.isdigit():  # written by ANALYZE or a crawler: of the whole table, perhaps of long ago
        return Estimate(size=int(size), objects=0, told_by="statistics")
    return None


def _places(known: Known, catalogue: Catalogue, window: Window) -> Iterator[str]:
    if known.prefix is None or not known.prefix.startswith("s3://"):
        return
    if known.projected or not known.parts:
        yield known.prefix
        return
    columns = [part.column.name for part in known.parts]
    for each in catalogue.partitions():
        values = dict(zip(columns, each["Values"], strict=False))
        place = (each.get("StorageDescriptor") or {}).get("Location")
        if place and holds(known.parts, values, window):
            yield str(place)


def _listed(places: list[str], client: Any, window: Window, most: int | None) -> Estimate:
    size = objects = 0
    for place in places:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        seen = Seen()
        for each in Listing(client, bucket, seen, window).objects(prefix):
            if _counts(str(each["Key"]), window):
                size, objects = size + int(each["Size"]), objects + 1
            if most is not None and size > most:
                return Estimate(size=size, objects=objects, told_by="s3", whole=False)
        if seen.gaps():
            raise InputError("; ".join(gap.cause for gap in seen.gaps()))
    return Estimate(size=size, objects=objects, told_by="s3")


def _counts(key: str, window: Window) -> bool:
    name = key.rsplit("/", 1)[-1]
    return bool(name) and not name.startswith(_HIDDEN) and may_hold(log_name(key), window)
