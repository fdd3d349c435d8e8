"""How to put right what stands in an account and in nobody's Terraform: a new resource, and the AWS command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from shlex import quote
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json, Remediation
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination
from checker.model.known import Maybe, Unknown
from checker.rules._fields import fields_of, hcl_format
from checker.rules._live import is_live

TARGETS: Final[Mapping[FlowLogTarget, str]] = {
    FlowLogTarget.VPC: "vpc_id",
    FlowLogTarget.SUBNET: "subnet_id",
    FlowLogTarget.NETWORK_INTERFACE: "eni_id",
    FlowLogTarget.TRANSIT_GATEWAY: "transit_gateway_id",
    FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT: "transit_gateway_attachment_id",
    FlowLogTarget.REGIONAL_NAT_GATEWAY: "regional_nat_gateway_id",
}
"""Argument of ``aws_flow_log`` by what it records."""

_OPTIONS: Final[Mapping[str, str]] = {
    "log_destination_type": "log-destination-type",
    "log_destination": "log-destination",
    "traffic_type": "traffic-type",
    "max_aggregation_interval": "max-aggregation-interval",
    "log_format": "log-format",
    "iam_role_arn": "deliver-logs-permission-arn",
    "deliver_cross_account_role": "deliver-cross-account-role",
}
"""Option of ``aws ec2 create-flow-logs`` by argument of ``aws_flow_log``."""
_NEW: Final[Mapping[str, str]] = {"log_destination": "arn:aws:s3:::BUCKET", "iam_role_arn": "ROLE_ARN"}
"""What stands in a command for something that the Terraform beside it creates."""


def command(entity: Entity, words: str) -> str:
    """Return an AWS command for an entity, in its region."""
    return f"aws {words}" + (f" --region {quote(entity.region)}" if isinstance(entity.region, str) else "")


def live_command(entity: Entity, words: str, name: Maybe[str | None]) -> str | None:
    """Return a command on a live thing, its name put in for ``<name>``; None where that is not known.

    None too for what Terraform manages: a command would change that behind its back.
    """
    return command(entity, words.replace("<name>", quote(name))) if is_live(entity) and isinstance(name, str) else None


def quoted(document: Json) -> str:
    """Return a document as one quoted word of a command."""
    return in_quotes(json.dumps(document, separators=(",", ":")))


def in_quotes(text: str) -> str:
    """Return a text as one quoted word of a command, whatever it holds."""
    return "'" + text.replace("'", "'\\''") + "'"


def replacement(log: FlowLog, resource: str, summary: str, changed: Mapping[str, str], beside: str = "") -> Remediation:
    """Return a flow log like another one but for some arguments, to create before the old one is deleted.

    ``changed`` maps arguments to HCL expressions. Without Terraform where what it records is not known.
    """
    if isinstance(log.target, Unknown) or isinstance(log.target_type, Unknown):
        return Remediation(summary=summary)
    arguments = {**_arguments(log), **changed}
    width = max(len(name) for name in arguments)
    rows = [f"  {name.ljust(width)} = {value}" for name, value in arguments.items()]
    body = "\n".join([*rows, *_options_block(log)])
    text = f'resource "aws_flow_log" "{resource}" {{\n{body}\n}}\n{beside}'
    create = f"ec2 create-flow-logs --resource-type {log.target_type.value} --resource-ids {quote(log.target)}"
    words = [f"--{_OPTIONS[name]} {_word(name, arguments[name])}" for name in _OPTIONS if name in arguments]
    line = command(log, " ".join([create, *words, *_options_words(log)]))
    if isinstance(log.id, str):
        line += " && " + command(log, f"ec2 delete-flow-logs --flow-log-ids {quote(log.id)}")
    return Remediation(
        summary=f"{summary} A flow log cannot be changed: create a new one, then delete the old one.",
        terraform=text,
        cli=line,
    )


def _arguments(log: FlowLog) -> dict[str, str]:
    """Return the arguments by which a flow log like this one is made, as far as they are known."""
    found = {} if isinstance(log.target_type, Unknown) else {TARGETS[log.target_type]: f'"{log.target}"'}
    if isinstance(log.destination, LogDestination):
        found["log_destination_type"] = f'"{log.destination.type.value}"'
        _text(found, "log_destination", log.destination.arn)
    _text(found, "traffic_type", log.traffic_type)
    if not isinstance(log.max_aggregation_interval, Unknown):
        found["max_aggregation_interval"] = str(log.max_aggregation_interval)
    if isinstance(log.log_format, str):
        found["log_format"] = hcl_format(fields_of(log.log_format))
    _text(found, "iam_role_arn", log.role)
    _text(found, "deliver_cross_account_role", log.cross_account_role)
    return found


def _text(found: dict[str, str], name: str, value: Maybe[str | None]) -> None:
    if isinstance(value, str):
        found[name] = f'"{value}"'


def _word(name: str, expression: str) -> str:
    """Return an HCL expression as a word of a command; a placeholder for what is yet to be created."""
    if name == "log_format":
        return in_quotes(expression.strip('"').replace("$${", "${"))
    if expression.startswith('"') or expression.isdecimal():
        return quote(expression.partition(" #")[0].strip('"'))
    return _NEW.get(name) or quote(expression)


def _options(log: FlowLog) -> dict[str, str]:
    """Return how records are laid out in a bucket where that is not the default."""
    wanted: tuple[tuple[str, Maybe[object], str], ...] = (
        ("file_format", log.file_format, "plain-text"),
        ("hive_compatible_partitions", log.hive_compatible_partitions, "False"),
        ("per_hour_partition", log.per_hour_partition, "False"),
    )
    return {name: str(value) for name, value, usual in wanted if not isinstance(value, Unknown) and str(value) != usual}


def _options_block(log: FlowLog) -> list[str]:
    found = _options(log)
    if not found:
        return []
    width = max(len(name) for name in found)
    rows = [
        f"    {name.ljust(width)} = {value.lower() if value == 'True' else f'{chr(34)}{value}{chr(34)}'}"
        for name, value in found.items()
    ]
    return ["", "  destination_options {", *rows, "  }"]


def _options_words(log: FlowLog) -> list[str]:
    found = _options(log)
    if not found:
        return []
    names = {"file_format": "FileFormat", "hive_compatible_partitions": "HiveCompatiblePartitions"}
    pairs = (f"{names.get(name, 'PerHourPartition')}={value.replace('True', 'true')}" for name, value in found.items())
    return ["--destination-options " + ",".join(pairs)]
