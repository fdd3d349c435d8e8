"""Terraform that makes it right: the resource to add, or the argument to change where the resource stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from shlex import quote
from typing import Final, cast

from checker.model.arn import parse_arn
from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.flow_log import FlowLog, LogDestinationType
from checker.model.identity import Role
from checker.model.known import Unknown
from checker.model.network import NatGateway, NetworkInterface, Subnet, TransitGateway, TransitGatewayAttachment, Vpc
from checker.model.record import dataclass
from checker.rules._fields import ANALYSIS_FIELDS, hcl_format
from checker.rules._fix_live import command, replacement
from checker.rules._live import is_live
from checker.rules._qualify import quality
from checker.rules._rule import Context

ARGUMENTS: Final[Mapping[type[Entity], str]] = {
    Vpc: "vpc_id",
    Subnet: "subnet_id",
    NetworkInterface: "eni_id",
    TransitGateway: "transit_gateway_id",
    TransitGatewayAttachment: "transit_gateway_attachment_id",
    NatGateway: "regional_nat_gateway_id",
}
"""Argument of ``aws_flow_log`` by the kind of thing it records."""

RESOURCE_TYPES: Final[Mapping[type[Entity], str]] = {
    Vpc: "VPC",
    Subnet: "Subnet",
    NetworkInterface: "NetworkInterface",
    TransitGateway: "TransitGateway",
    TransitGatewayAttachment: "TransitGatewayAttachment",
    NatGateway: "RegionalNatGateway",
}
"""``--resource-type`` of ``aws ec2 create-flow-logs``."""

_STEP: Final = re.compile(r'((?:[^.\["]|\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])+)(?:\.|$)')


@dataclass(frozen=True, slots=True)
class Address:
    """A Terraform instance address, taken apart."""

    module: str
    """``module.net["a"]``; empty for the root module."""
    type: str
    name: str
    local: str
    """The address as written inside its module, index included: ``data.aws_vpc.this[0]``."""


@lru_cache(maxsize=1 << 16)  # several findings name each entity, and its fix does again
def parse_address(text: str) -> Address | None:
    """Take an instance address apart; None for what is none. Keys in brackets may hold dots."""
    steps = [step for step in _STEP.findall(text) if step]
    at = 0
    while at + 1 < len(steps) and steps[at] == "module":
        at += 2
    rest = steps[at:]
    data = bool(rest) and rest[0] == "data"
    if len(rest) != 2 + data:
        return None
    name = re.sub(r"\[.*$", "", rest[-1])
    return Address(".".join(steps[:at]), rest[-2], name, ".".join(rest))


def address_of(entity: Entity) -> Address | None:
    """Return the parsed address of an entity that Terraform knows."""
    return parse_address(entity.origin.address) if entity.origin.address else None


def reference(entity: Entity, attribute: str) -> str:
    """Return the expression that names an entity inside its module, or its ARN, name or id in quotes."""
    address = address_of(entity)
    if address is not None:
        return f"{address.local}.{attribute}"
    if attribute == "arn":
        return f'"{entity.arn if isinstance(entity.arn, str) else entity.key}"'
    if isinstance(entity, Role):  # Terraform's id of a role is its name, AWS's is not
        return f'"{entity.name if isinstance(entity.name, str) else entity.key}"'
    known = entity.id if isinstance(entity.id, str) else entity.key
    return f'"{known}"'


def inside(expression: str) -> str:
    """Return an expression as part of a text in quotes: a known text as it is, a reference in braces."""
    return expression[1:-1] if expression.startswith('"') else f"${{{expression}}}"


def place(entity: Entity) -> str:
    """Return a comment that says in which module a new block belongs; empty for the root module."""
    address = address_of(entity)
    return f"# in {address.module}\n" if address is not None and address.module else ""


def block_head(entity: Entity) -> str:
    """Return the first line of an entity's own block, after a comment that says where it stands."""
    address = address_of(entity)
    if address is None:
        return f'resource "{entity.type}" "this" {{\n  # {entity.key}'
    where = f"# in {address.module}; if the module is not yours, set its input instead\n" if address.module else ""
    return f'{where}resource "{address.type}" "{address.name}" {{\n  # the other arguments stay'


def set_argument(log: Entity, summary: str, arguments: Mapping[str, str]) -> Remediation:
    """Return the change of arguments of a flow log, which Terraform can only make by replacing it."""
    if isinstance(log, FlowLog) and address_of(log) is None:
        return replacement(log, label(log), summary, arguments)
    text = f"{block_head(log)}\n{_rows(arguments)}\n\n  lifecycle {{\n    create_before_destroy = true\n  }}\n}}\n"
    return Remediation(summary=f"{summary} Terraform replaces the flow log.", terraform=text)


def _rows(arguments: Mapping[str, str]) -> str:
    width = max(len(name) for name in arguments)
    return "\n".join(f"  {name.ljust(width)} = {value}" for name, value in arguments.items())


def own_arguments(log: FlowLog, summary: str, arguments: Mapping[str, str], beside: str = "") -> Remediation:
    """Return a change of arguments of a flow log, with blocks that they need beside it."""
    if address_of(log) is None:
        return replacement(log, label(log), summary, arguments, beside)
    return own_block(log, summary, _rows(arguments), beside=beside)


def own_block(entity: Entity, summary: str, body: str, *, beside: str = "", cli: str | None = None) -> Remediation:
    """Return a change inside an entity's own block (``body`` is indented by two) and blocks that it needs beside it.

    What no Terraform here manages has no such block: then only what stands beside it, and the command.
    """
    if address_of(entity) is None:
        return Remediation(summary=summary, terraform=beside.lstrip("\n") or None, cli=cli)
    return Remediation(summary=summary, terraform=f"{block_head(entity)}\n{body}\n}}\n{beside}", cli=cli)


def label(entity: Entity) -> str:
    """Return a resource name made from an entity's: from its address, its ARN or its id."""
    address = address_of(entity)
    arn = parse_arn(entity.key)
    text = address.name if address is not None else arn.resource_name if arn is not None else entity.key
    cleaned = re.sub(r"[^0-9A-Za-z_-]+", "_", text).strip("_-")
    return cleaned if re.match(r"[A-Za-z_]", cleaned) else f"r_{cleaned}"


def new_log(ctx: Context, scope: Entity, summary: str, *, traffic: str = "ALL") -> Remediation:
    """Return a flow log on a scope that meets the shipped baseline, with a bucket where none is at hand."""
    transit = isinstance(scope, (TransitGateway, TransitGatewayAttachment))
    destination, extra = _destination(ctx, scope)
    known = destination.strip('"') if destination.startswith('"') else None
    name = f"{label(scope)}_{'all' if traffic == 'ALL' else traffic.lower()}"
    rows = [(ARGUMENTS[type(scope)], reference(scope, "id"))]
    if not transit:
        rows.append(("traffic_type", f'"{traffic}"'))
    rows += [
        ("log_destination_type", '"s3"'),
        ("log_destination", destination),
        ("max_aggregation_interval", "60"),
    ]
    if not transit:
        rows.append(("log_format", hcl_format(ANALYSIS_FIELDS)))
    width = max(len(key) for key, _ in rows)
    body = "\n".join(f"  {key.ljust(width)} = {value}" for key, value in rows)
    where = place(scope)
    if isinstance(scope, NatGateway):
        where += "# needs version 6.25 of the AWS provider, or later\n"
    text = f'{where}resource "aws_flow_log" "{name}" {{\n{body}\n}}\n{extra}'
    return Remediation(summary=summary, terraform=text, cli=_cli(scope, traffic, transit, known))


def _destination(ctx: Context, scope: Entity) -> tuple[str, str]:
    """Return the destination's expression and the blocks it needs: a bucket in use beside the scope, else a new one."""
    here = address_of(scope)
    if here is None:
        return _bucket_in_use(ctx, scope)
    bucket = _buckets_by_module(ctx).get((scope.origin.root, here.module))
    return (NEW_BUCKET_ARN, NEW_BUCKET) if bucket is None else (reference(bucket, "arn"), "")


def _buckets_by_module(ctx: Context) -> dict[tuple[str, str], Entity]:
    """Return, by root and module, the bucket that its first flow log delivers to. Made once: scopes are many."""
    found: dict[tuple[str, str], Entity] = {}
    known = ctx.memory.setdefault(("fix", "buckets"), found)
    if known is not found:
        return cast(dict[tuple[str, str], Entity], known)
    for log in ctx.model.flow_logs:
        if isinstance(log.destination, Unknown) or log.destination.type is not LogDestinationType.S3:
            continue
        bucket = ctx.model.by_key.get(log.destination.entity or "")
        there = address_of(bucket) if bucket is not None else None
        if bucket is not None and there is not None and not quality(log, ctx).failed:
            found.setdefault((bucket.origin.root, there.module), bucket)
    return found


def _bucket_in_use(ctx: Context, scope: Entity) -> tuple[str, str]:
    """Return where another flow log of the same account and region delivers, else a new bucket."""
    found: dict[str, str] = {}
    known = cast(dict[str, str], ctx.memory.setdefault(("fix", "buckets in use"), found))
    for log in ctx.model.flow_logs if known is found else ():
        if isinstance(log.destination, Unknown) or log.destination.type is not LogDestinationType.S3:
            continue
        arn = log.destination.arn
        if log.destination.entity is not None and isinstance(arn, str) and not quality(log, ctx).failed:
            found.setdefault(log.origin.root, arn)
    arn = known.get(scope.origin.root)
    return (NEW_BUCKET_ARN, NEW_BUCKET) if arn is None else (f'"{arn}"', "")


def _cli(scope: Entity, traffic: str, transit: bool, destination: str | None) -> str | None:
    if not isinstance(scope.id, str):
        return None
    types = "" if transit else f" --traffic-type {traffic}"
    words = (
        f"ec2 create-flow-logs --resource-type {RESOURCE_TYPES[type(scope)]} --resource-ids {quote(scope.id)}{types}"
        f" --log-destination-type s3 --log-destination {quote(destination or 'arn:aws:s3:::BUCKET')}"
        " --max-aggregation-interval 60"
    )
    return command(scope, words) if is_live(scope) else f"aws {words}"


_BUCKET: Final = "vpc_flow_logs"

NEW_BUCKET_ARN: Final = f"aws_s3_bucket.{_BUCKET}.arn"
"""Names the bucket of ``NEW_BUCKET``."""

NEW_BUCKET: Final = f"""
resource "aws_s3_bucket" "{_BUCKET}" {{
  bucket_prefix = "vpc-flow-logs-"
}}

resource "aws_s3_bucket_public_access_block" "{_BUCKET}" {{
  bucket                  = aws_s3_bucket.{_BUCKET}.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}

resource "aws_s3_bucket_lifecycle_configuration" "{_BUCKET}" {{
  bucket = aws_s3_bucket.{_BUCKET}.id

  rule {{
    id     = "expire"
    status = "Enabled"
    filter {{}}

    expiration {{
      days = 400
    }}
  }}
}}
"""
"""A bucket for flow logs. AWS attaches the policy for delivery when the first flow log is created."""
