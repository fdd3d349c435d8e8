"""Flow logs in S3 lie there unread: no Athena (Glue) table fits them.

## What it checks

Each bucket that flow logs deliver to. For every log in it some Glue table

- has a location that is the folder of the log's objects or one above it (folder, `AWSLogs`, account, `vpcflowlogs`,
  region, in the plain or the Hive layout);
- has partitions that lead to every object: none at all; projected ones of which `storage.location.template`, formats,
  digits and values write the log's folders, down to the hour where the log has hourly ones; or keys with the names of
  the Hive layout;
- reads the log's file format: text separated by one space, or Parquet;
- has columns that fit: in the order of the record format for text, by name for Parquet, of types that can hold the
  values, with the `columns` that the policy asks for as far as the log records them.

## Why it matters

Who asks "who tried to log in last March?" should be able to answer with a query. A table that was made for another
record format answers too: with ports for addresses.

## When it cannot tell

When part of the table or the log's layout comes from an expression that cannot be evaluated; when partitions are added
one by one; when a projection ends within ten years of its start, because nobody can say here whether that is past;
when a serde is used that is not evaluated (regular expressions); when the bucket is kept elsewhere and no table in the
input fits.

## Parameters

- `columns` (srcaddr, dstaddr, srcport, dstport, protocol, action): fields that need a column.
- `require_workgroup` (false): whether an enabled Athena workgroup with a place for results must be there too.

## Remediation

Add the table that the finding shows. It computes its partitions, so nothing has to be added day by day.

## References

- https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html
- https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from checker.model.destination import Bucket
from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity
from checker.model.flow_log import FlowLog, LogDestinationType
from checker.model.known import Key, Unknown
from checker.model.monitoring import GlueTable
from checker.model.record import dataclass
from checker.rules._destination import destroyed, is_empty, partition
from checker.rules._fields import VERSION_OF
from checker.rules._fix_table import table_block, workgroup_block
from checker.rules._live import is_live
from checker.rules._log_groups import place_of, same_place
from checker.rules._point import Point
from checker.rules._record import fields_written
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, cause, confidence_of, fact, failed, name, not_applicable, passed, unknown
from checker.rules._table_columns import column_answer, reading_answer
from checker.rules._table_path import Answer, location_answer, log_folders, names_of_bucket, partition_answer
from checker.rules._text import Tri, all_of

TABLE: Final = "aws_glue_catalog_table"
WORKGROUP: Final = "aws_athena_workgroup"
COLUMNS: Final = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "action")


@dataclass(frozen=True, slots=True)
class Store:
    """A bucket with the flow logs that deliver to it."""

    entity: Entity
    """The bucket; the first of its flow logs where the bucket is not in the model."""
    bucket: Bucket | None
    logs: tuple[FlowLog, ...]


def stores(ctx: Context) -> dict[Key, Store]:
    """Return the buckets that flow logs deliver to, by the key of their entity."""
    memo = ("stores",)
    found = ctx.memory.get(memo)
    if not isinstance(found, dict):
        found = ctx.memory[memo] = _stores(ctx)
    return found


def _stores(ctx: Context) -> dict[Key, Store]:
    by: dict[str, list[FlowLog]] = {}
    buckets: dict[str, Bucket] = {}
    for log in ctx.model.flow_logs:
        destination = log.destination
        if isinstance(destination, Unknown):
            by[f"destination of {log.key}"] = [log]
        elif destination.type is LogDestinationType.S3 and not is_empty(destination):
            entity = ctx.model.by_key.get(destination.entity or "")
            if isinstance(entity, Bucket):
                buckets[entity.key] = entity
            outside = destination.name if isinstance(destination.name, str) else f"destination of {log.key}"
            by.setdefault(entity.key if isinstance(entity, Bucket) else outside, []).append(log)
    made = [Store(buckets.get(key) or logs[0], buckets.get(key), tuple(logs)) for key, logs in by.items()]
    return {store.entity.key: store for store in made}


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every bucket that flow logs deliver to; the flow log where the bucket is not in the model."""
    return [store.entity for _, store in sorted(stores(ctx).items())]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the tables over one bucket."""
    store = stores(ctx)[entity.key]
    log = store.logs[0]
    if isinstance(log.destination, Unknown):
        reason = log.destination.reason
        return unknown(f"{name(log)}: the destination is not known ({reason}).", [fact(reason, log)], {"logs": 1})
    gone = destroyed(log, ctx)
    arn = f"arn:{partition(log)}:s3:::{cause(log.destination.name)}"
    absent = ctx.model.absent_for(arn) if store.bucket is None else None
    if gone is not None or absent is not None:
        reason = f"this plan destroys {name(gone)}" if gone is not None else "the bucket does not exist"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(reason, log)])
    facts: dict[str, Json] = {"columns": params["columns"], "logs": [each.key for each in store.logs]}
    needed = _columns(params)
    verdicts = [_judge(each, store, ctx, needed) for each in store.logs]
    for answer in (False, None):
        for verdict in verdicts:
            if verdict.ok is answer:
                return _short(verdict, store, facts, ctx)
    evidence = [item for verdict in verdicts for item in verdict.evidence()]
    if params.get("require_workgroup") is True:
        short = _workgroup(store, facts, evidence, ctx)
        if short is not None:
            return short
    tables = sorted({name(verdict.table) for verdict in verdicts if verdict.table is not None})
    facts["tables"] = list[Json](tables)
    entities = [*store.logs, *(verdict.table for verdict in verdicts if verdict.table is not None)]
    message = f"The flow logs in {name(store.entity)} can be queried through {', '.join(tables)}."
    return passed(message, [*evidence, *assumed(entities)], facts, confidence=confidence_of(*entities))


def _columns(params: Params) -> list[str]:
    found = params["columns"]
    return [str(field) for field in found] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a log's best table is worth."""

    log: FlowLog
    ok: Tri
    points: tuple[Point, ...]
    table: GlueTable | None = None

    def evidence(self) -> list[Evidence]:
        """Return the points as evidence."""
        return [point.evidence() for point in self.points]


def _judge(log: FlowLog, store: Store, ctx: Context, needed: Sequence[str]) -> Verdict:
    """Return the table that fits a log, else one that may, else the nearest."""
    folders, fields = log_folders(log), fields_written(log)
    if isinstance(folders, Unknown) or isinstance(fields, Unknown):
        says = f"{name(log)}: {cause(folders if isinstance(folders, Unknown) else fields)}"
        return Verdict(log, None, (Point(ok=None, says=says, entity=log),))
    names = _names(log, store)
    found = [_on_table(each, log, names, folders, fields, needed) for each in ctx.model.glue_tables]
    near = [verdict for verdict in found if verdict.points[0].ok is not False]
    for answer in (True, None):
        for verdict in near:
            if verdict.ok is answer:
                return verdict
    if near:
        return max(near, key=lambda verdict: sum(point.ok is True for point in verdict.points))
    says = f"no table has its location in the folders of {name(log)} ({'/'.join(folders[:-3])})"
    return Verdict(log, False, (Point(ok=False, says=says, entity=log),))


def _names(log: FlowLog, store: Store) -> tuple[str, ...]:
    known = [] if isinstance(log.destination, Unknown) else [log.destination.name]
    known += [] if store.bucket is None else [store.bucket.name, store.bucket.id]
    return names_of_bucket(known, store.entity.key)


def _on_table(
    table: GlueTable,
    log: FlowLog,
    buckets: Sequence[str],
    folders: Sequence[str],
    fields: Sequence[str],
    needed: Sequence[str],
) -> Verdict:
    answers: list[tuple[Answer, str]] = [
        (location_answer(table, buckets, folders), "its location holds the log's objects"),
        (
            partition_answer(table, buckets, folders, log.hive_compatible_partitions is True),
            "its partitions lead to every object",
        ),
        (reading_answer(table, log), "it reads the log's files"),
        (column_answer(table, log, fields, needed), f"its columns fit the {len(fields)} fields of the records"),
    ]
    points = []
    for answer, good in answers:
        text = (f"{good} ({answer.why})" if answer.why else good) if answer.ok is True else answer.why
        points.append(Point(ok=answer.ok, says=f"{name(table)} for {name(log)}: {text}", entity=table))
    exists: Tri = None if isinstance(table.exists, Unknown) else True
    return Verdict(log, all_of(exists, *(point.ok for point in points)), tuple(points), table)


def _short(verdict: Verdict, store: Store, facts: dict[str, Json], ctx: Context) -> Outcome:
    """Return the outcome for a log without a table that fits."""
    log, evidence = verdict.log, verdict.evidence()
    facts["missing"] = [log.key]
    unread = _unread_tables(store, ctx)
    doubt = f"not every table could be read ({unread.reason})" if unread is not None else None
    if verdict.ok is False and doubt is None and (store.bucket is None or not store.bucket.origin.managed):
        doubt = "the bucket is kept elsewhere, and so may be its tables"
    if verdict.ok is False and doubt is None and isinstance(log.exists, Unknown):
        doubt = f"whether {name(log)} exists is not known ({log.exists.reason})"
    if verdict.ok is None or doubt is not None:
        says = next((point.says for point in verdict.points if point.ok is None), None) or doubt or "it may not exist"
        message = f"Whether a table fits the flow logs in {name(store.entity)} is not known: {says}."
        return unknown(message, [fact(says, log), *evidence], facts)
    says = next(point.says for point in verdict.points if point.ok is False)
    fields = fields_written(log)
    written = () if isinstance(fields, Unknown) else fields
    writes = fact(f"{name(log)} writes {len(written)} fields: {' '.join(written)}", log)
    message = f"The flow logs in {name(store.entity)} cannot be queried: {says}."
    return failed(message, [*evidence, writes], facts, table_block(log, store.bucket, written))


def _unread_tables(store: Store, ctx: Context) -> Unknown | None:
    """Return why tables may be missing from the model: Athena reads a bucket from any region of the account."""
    origin = store.entity.origin
    if not is_live(store.entity):
        return ctx.model.unread_for(TABLE, origin.root)
    account = origin.root.partition("/")[0]
    for gap in ctx.model.unread:
        if TABLE in gap.types and (gap.root is None or gap.root.partition("/")[0] == account):
            return gap.cause
    return None


def _workgroup(store: Store, facts: dict[str, Json], evidence: list[Evidence], ctx: Context) -> Outcome | None:
    """Return the outcome where no workgroup is ready; None where one is."""
    open_: list[str] = []
    for group in ctx.model.athena_workgroups:
        here = same_place(group, store.entity)
        if isinstance(group.enabled, Unknown) or isinstance(group.output_location, Unknown) or here is None:
            open_.append(f"whether workgroup {name(group)} is ready is not known")
        elif here and group.enabled and group.output_location is not None:
            evidence.append(fact(f"workgroup {name(group)} writes results to {group.output_location}", group))
            return None
    unread = ctx.model.unread_for(WORKGROUP, store.entity.origin.root)
    if unread is not None:
        open_.append(f"not every workgroup could be read ({unread.reason})")
    if open_:
        return unknown(f"{name(store.entity)}: {open_[0]}.", [fact(open_[0], store.entity), *evidence], facts)
    says = f"no enabled Athena workgroup with a place for results in {place_of(store.entity)}"
    return failed(f"{name(store.entity)}: {says}.", [fact(says, store.entity), *evidence], facts, workgroup_block())


RULE: Final = Rule(
    id="DS003",
    name="athena-table-missing",
    title="No Athena table that fits the flow logs",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Records that no table fits cannot be searched when it matters.",
    default_params={"columns": list(COLUMNS), "require_workgroup": False},
    params_schema={
        "columns": {"type": "array", "items": {"enum": list[Json](sorted(VERSION_OF))}, "uniqueItems": True},
        "require_workgroup": {"type": "boolean"},
    },
    enabled_by_default=False,
)
