"""Records inside JSON: what CloudWatch, its command line, subscriptions, Kinesis and Firehose wrap around them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from checker.flowlog.formats import formats_for
from checker.flowlog.json_stream import documents
from checker.flowlog.names import LogName
from checker.flowlog.part import FormatHints, Part
from checker.flowlog.reading import Bytes
from checker.flowlog.sorting import Sorter
from checker.flowlog.unwrapping import Line, Values, unwrapped
from checker.model.finding import Gap


def payload_parts(
    model: Part, hints: FormatHints, name: LogName, scratch: Path, gaps: list[Gap]
) -> Iterator[Part]:
    """Yield the records inside a file of JSON, or of base64 with packed JSON, as temporary parts.

    ``model`` tells all but the formats. Documents that are no JSON, and events that are no record, become gaps.
    """
    stored = Bytes(model.path, model.encoding)
    with Sorter(model, formats_for(hints, flow_log=name.flow_log), scratch) as sorter:
        number = 0
        troubles: list[str] = []
        for document in documents(stored, troubles):
            for item in unwrapped(document):
                number += 1
                if isinstance(item, Line):
                    group = item.log_group
                    formats = formats_for(hints, flow_log=name.flow_log, log_group=group) if group else None
                    sorter.take(number, item.text, formats)
                elif isinstance(item, Values):
                    sorter.take_values(number, item.by_field)
                else:
                    sorter.refuse(number, item.why)
        for trouble in [*troubles, *([stored.trouble] if stored.trouble else [])]:
            gaps.append(Gap(what=model.origin, cause=trouble, affects="the records in it, or behind"))
        if (gap := sorter.gap()) is not None:
            gaps.append(gap)
        if not sorter.records and not sorter.unreadable and not troubles and not stored.trouble:
            gaps.append(Gap(what=model.origin, cause="its JSON holds no flow log records", affects="its records"))
        yield from sorter.parts()
