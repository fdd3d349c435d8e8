"""When the destinations of flow logs last received something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from checker.load.aws.call import Reply, values_of
from checker.load.aws.convert.row import Row, known_text
from checker.load.aws.convert.world import World
from checker.model.arn import parse_arn
from checker.model.flow_log import Freshness, LogDestination, LogDestinationType
from checker.model.known import Key, Maybe, Unknown
from checker.model.record import dataclass, field

_OBJECT: Final = re.compile(r"_(fl-[0-9a-z]+)_")
"""The flow log's id in an object's name. Source: VPC User Guide, "Flow log files"."""

_CUT_OFF: Final = 10
"""A listing of objects of so many pages was not read to its end."""


@dataclass
class _Place:
    """What is known of one folder of one day: when it was looked at, and the newest object of each log."""

    reply: Reply
    newest: dict[Key, datetime] = field(default_factory=dict)
    unknown: Unknown | None = None
    """Why objects may be missing among them."""
    unknown_from: Key = ""
    """First log, by id, of which objects may be missing: a listing is sorted."""


class Newest:
    """The newest object or event of each flow log, as far as somebody looked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_bucket: dict[str, list[tuple[str, _Place]]] = {}
        for reply in world.replies.of("s3", "ListObjectsV2"):
            bucket, prefix = values_of(reply.request.resource, 2)
            self._by_bucket.setdefault(bucket, []).append((prefix, _place(world, reply)))

    def of(self, log: Key, account: str, region: str, destination: Maybe[LogDestination]) -> Freshness | None:
        """Return when a destination last received something of a log; None where nobody looked."""
        if isinstance(destination, Unknown) or not isinstance(destination.name, str):
            return None
        if destination.type is LogDestinationType.CLOUD_WATCH_LOGS and isinstance(destination.arn, str):
            return self._event(destination.arn)
        if destination.type is LogDestinationType.S3:
            return self._object(log, list(self._places(account, region, destination)))
        return None

    def _event(self, group: str) -> Freshness | None:
        arn = parse_arn(group)
        if arn is None:
            return None
        place = (arn.account, arn.region, "logs", "DescribeLogStreams", arn.resource_name)
        reply = self._world.replies.get(*place)
        if reply is None:
            return None
        answer = self._world.answer(reply)
        rows = answer.required_rows("logStreams") if isinstance(answer, Row) else self._world.why(reply)
        newest: Maybe[datetime | None] = rows if isinstance(rows, Unknown) else _latest_event(rows)
        return Freshness(newest=newest, looked_at=reply.requested_at, api="logs:DescribeLogStreams")

    def _places(self, account: str, region: str, destination: LogDestination) -> Iterator[_Place]:
        """Yield the folders that a log writes to, of those that were looked into."""
        folder = f"{destination.prefix}/AWSLogs/" if isinstance(destination.prefix, str) else "AWSLogs/"
        starts = (
            f"{folder}{account}/vpcflowlogs/{region}/",
            f"{folder}aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/",
        )
        for prefix, place in self._by_bucket.get(str(destination.name), ()):
            if prefix.startswith(starts):
                yield place

    def _object(self, log: Key, places: list[_Place]) -> Freshness | None:
        if not places:
            return None
        times = [place.newest[log] for place in places if log in place.newest]
        doubts = [place.unknown for place in places if log >= place.unknown_from]
        unknown = next((doubt for doubt in doubts if doubt is not None), None)
        newest: Maybe[datetime | None] = max(times, default=None)
        if unknown is not None:
            newest = unknown
        return Freshness(
            newest=newest, looked_at=max(place.reply.requested_at for place in places), api="s3:ListObjectsV2"
        )


def _place(world: World, reply: Reply) -> _Place:
    answer = world.answer(reply)
    rows = answer.required_rows("Contents") if isinstance(answer, Row) else world.why(reply)
    found = _Place(reply)
    if isinstance(rows, Unknown):
        found.unknown = rows
        return found
    for row in rows:
        moment, log = row.time("LastModified"), _log_of(row)
        if moment is None or isinstance(moment, Unknown):
            found.unknown = row.odd("LastModified", "a time")
        elif log:
            found.newest[log] = max(moment, found.newest.get(log, moment))
    if reply.pages >= _CUT_OFF and found.unknown is None:
        found.unknown = Unknown(f"{world.origin(reply).root}: s3:ListObjectsV2 shows more objects than were looked at")
        found.unknown_from = _log_of(rows[-1]) if rows and _in_one_folder(rows) else ""
    return found


def _log_of(row: Row) -> Key:
    name = _OBJECT.search(known_text(row, "Key").rpartition("/")[2])
    return name[1] if name else ""


def _in_one_folder(rows: list[Row]) -> bool:
    """Say whether a day is not split into hours, so that its objects are sorted by log first."""
    return len({known_text(row, "Key").rpartition("/")[0] for row in (rows[0], rows[-1])}) == 1


def _latest_event(rows: list[Row]) -> Maybe[datetime | None]:
    """Return the newest event, by its own time or by when it came in: both lag behind, not equally."""
    found: list[datetime] = []
    for row in rows:
        for member in ("lastEventTimestamp", "lastIngestionTime"):
            moment = row.time(member)
            if isinstance(moment, Unknown):
                return moment
            if moment is not None:
                found.append(moment)
    return max(found, default=None)
