"""Records inside JSON: what CloudWatch, its command line, subscriptions, Kinesis and Firehose wrap around them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from checker.flowlog.formats import formats_for
from checker.flowlog.json_stream import values
from checker.flowlog.part import FormatHints, Part
from checker.flowlog.reading import Bytes
from checker.flowlog.sorting import Sorter
from checker.flowlog.unwrapping import Line, Values, Wrapping, unwrapped
from checker.model.finding import Gap


def payload_parts(model: Part, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
    """Yield the records inside a file of JSON, or of base64 with packed JSON, as temporary parts.

    ``model`` tells all but the formats. Values that are no JSON, and events that are no record, become gaps.
    """
    stored = Bytes(model.path, model.encoding)
    with Sorter(model, formats_for(hints, flow_log=model.flow_log), scratch) as sorter:
        known = _sorted(stored, sorter, model, hints)
        if stored.trouble is not None:
            gaps.append(Gap(what=model.origin, cause=stored.trouble, affects="the records behind"))
        if not sorter.records and not known:
            gaps.append(Gap(what=model.origin, cause="its JSON holds no flow log records", affects="its records"))
            return
        if (gap := sorter.gap()) is not None:
            gaps.append(gap)
        yield from sorter.parts()


def _sorted(stored: Bytes, sorter: Sorter, model: Part, hints: FormatHints) -> bool:
    """Give every record to the sorter; say whether anything was of a known kind, with or without records."""
    known, number = False, 0
    for value in values(stored):
        for item in unwrapped(value):
            known = known or isinstance(item, (Wrapping, Values))
            if isinstance(item, Wrapping):
                continue
            number += 1
            if isinstance(item, Line):
                group = item.log_group
                formats = formats_for(hints, flow_log=model.flow_log, log_group=group) if group else None
                sorter.take(number, item.text, formats)
            elif isinstance(item, Values):
                sorter.take_values(number, item.by_field)
            else:
                sorter.refuse(number, item.why)
    return known
