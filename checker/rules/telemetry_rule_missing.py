"""No telemetry rule would make AWS create a flow log for a VPC that has none.

## What it checks

Each VPC of the input: a CloudWatch telemetry rule on `AWS::EC2::VPC` holds in its account and region (its own or one
that it is copied to), or one of the organization. The VPC is the subject, because such a rule chooses VPCs by their
tags: in one region some may be chosen and others not.

## Why it matters

A telemetry rule records a VPC from the minute it is made, by whomever. Flow logs that people have to add come late.

## When it cannot tell

When a rule's resource type or place comes from an expression that cannot be evaluated; when a rule chooses by tags,
which are not evaluated here; when a rule of the organization lies in another account, of which it is not known that
this one belongs to it; when the rules could not be read.

## Parameters

- `organization` (true): whether a rule of the organization, made in the management account, counts.
- `all_accounts_belong` (false): whether every account that is examined belongs to that organization.

## Remediation

Add the telemetry rule that the finding shows; it needs version 6 of the AWS provider. Telemetry evaluation has to be
switched on first.

## References

- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/telemetry-config-rules.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json, Remediation, Severity
from checker.model.flow_log import TelemetryRule
from checker.model.known import Unknown
from checker.model.network import Vpc
from checker.rules._destination import same_account
from checker.rules._log_groups import place_of
from checker.rules._owner import shared
from checker.rules._point import Point
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, of_kind, passed, unknown
from checker.rules._text import Tri, all_of, any_of, equal, text_of

RESOURCE: Final = "AWS::EC2::VPC"
TYPES: Final = ("aws_observabilityadmin_telemetry_rule", "aws_observabilityadmin_telemetry_rule_for_organization")


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every VPC that is not only read from elsewhere."""
    return [vpc for vpc in ctx.model.vpcs if vpc.origin.managed]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the telemetry rules over one VPC."""
    vpc = of_kind(Vpc, entity)
    facts: dict[str, Json] = {"place": place_of(vpc)}
    foreign = shared(vpc, ctx, facts)
    if foreign is not None:
        return foreign
    wanted = params.get("organization") is not False
    rules = [rule for rule in ctx.model.telemetry_rules if wanted or not rule.organization_wide]
    points = [(rule, _point(rule, vpc, params)) for rule in rules]
    facts["rules"] = [rule.key for rule, point in points if point.ok is not False]
    evidence = [point.evidence() for _, point in points]
    for rule, point in points:
        if point.ok is True:
            return passed(f"{name(rule)} would record {name(vpc)}.", [point.evidence()], facts)
    unread = [ctx.model.unread_for(type_, vpc.origin.root) for type_ in (TYPES if wanted else TYPES[:1])]
    doubts = [point.says for _, point in points if point.ok is None]
    doubts += [f"not every telemetry rule could be read ({each.reason})" for each in unread if each is not None]
    if doubts:
        message = f"{name(vpc)}: whether a telemetry rule would record it is not known: {doubts[0]}."
        return unknown(message, [*evidence, *(fact(doubt, vpc) for doubt in doubts)], facts)
    says = "no telemetry rule on VPCs holds in its account and region"
    return failed(f"{name(vpc)}: {says}.", [fact(says, vpc), *evidence], facts, _fix())


def _point(rule: TelemetryRule, vpc: Vpc, params: Params) -> Point:
    kind = rule.resource_type
    if isinstance(kind, Unknown):
        return Point(ok=None, says=f"what {name(rule)} records is not known ({kind.reason})", entity=rule)
    if kind != RESOURCE:
        return Point(ok=False, says=f"{name(rule)} is on {kind}", entity=rule)
    if not isinstance(rule.telemetry_type, Unknown) and rule.telemetry_type not in (None, "Logs"):
        return Point(ok=False, says=f"{name(rule)} creates {rule.telemetry_type}, not logs", entity=rule)
    here = _here(rule, vpc, params)
    if here is not True:
        words = "lies in another account or region" if here is False else "may lie in another account or region"
        return Point(ok=here, says=f"{name(rule)} {words}", entity=rule)
    if isinstance(rule.exists, Unknown):
        return Point(ok=None, says=f"whether {name(rule)} exists is not known ({rule.exists.reason})", entity=rule)
    if isinstance(rule.telemetry_type, Unknown) or isinstance(rule.selection_criteria, Unknown):
        return Point(ok=None, says=f"which VPCs {name(rule)} is for is not known", entity=rule)
    if rule.selection_criteria is not None:
        says = f"{name(rule)} chooses VPCs by {rule.selection_criteria}, which is not evaluated"
        return Point(ok=None, says=says, entity=rule)
    whose = "the organization" if rule.organization_wide else "its account"
    return Point(ok=True, says=f"{name(rule)} makes AWS create flow logs for every VPC of {whose} there", entity=rule)


def _here(rule: TelemetryRule, vpc: Vpc, params: Params) -> Tri:
    """Say whether a rule holds where a VPC lies; one of the organization holds in all its accounts."""
    region = any_of(_same_region(rule, vpc), _copied(rule, vpc))
    if not rule.organization_wide:
        return all_of(region, same_account(rule, vpc))
    member = params.get("all_accounts_belong") is True or same_account(rule, vpc) is True
    return all_of(region, True if member and not _scoped(rule) else None)


def _scoped(rule: TelemetryRule) -> bool:
    return isinstance(rule.scope, Unknown) or rule.scope is not None


def _same_region(rule: TelemetryRule, vpc: Vpc) -> Tri:
    if isinstance(rule.region, Unknown) and isinstance(vpc.region, Unknown) and rule.origin.root == vpc.origin.root:
        return True if rule.region == vpc.region else None
    return equal(text_of(rule.region, f"region of {rule.key}"), text_of(vpc.region, f"region of {vpc.key}"))


def _copied(rule: TelemetryRule, vpc: Vpc) -> Tri:
    """Say whether a rule is copied to a VPC's region."""
    if isinstance(rule.regions, Unknown) or (rule.regions and isinstance(vpc.region, Unknown)):
        return None
    return rule.regions is None or vpc.region in rule.regions


def _fix() -> Remediation:
    text = """# needs version 6 of the AWS provider; once for each account
resource "aws_observabilityadmin_telemetry_evaluation" "this" {}

resource "aws_observabilityadmin_telemetry_rule" "vpc_flow_logs" {
  rule_name = "vpc-flow-logs"

  rule {
    resource_type  = "AWS::EC2::VPC"
    telemetry_type = "Logs"
    all_regions    = true

    destination_configuration {
      destination_type    = "cloud-watch-logs"
      destination_pattern = "/vpc/flow-logs/<resourceId>"
      retention_in_days   = 365

      vpc_flow_log_parameters {
        traffic_type             = "ALL"
        max_aggregation_interval = 60
      }
    }
  }

  depends_on = [aws_observabilityadmin_telemetry_evaluation.this]
}
"""
    return Remediation(summary="Add a telemetry rule that creates flow logs.", terraform=text)


RULE: Final = Rule(
    id="DS005",
    name="telemetry-rule-missing",
    title="No telemetry rule that would create flow logs",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="A VPC that somebody makes tomorrow stays dark until somebody remembers to record it.",
    default_params={"organization": True, "all_accounts_belong": False},
    params_schema={"organization": {"type": "boolean"}, "all_accounts_belong": {"type": "boolean"}},
    enabled_by_default=False,
)
