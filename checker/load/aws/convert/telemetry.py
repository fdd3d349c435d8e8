"""CloudWatch telemetry rules, by which AWS makes flow logs by itself: of the accounts and of the organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from checker.load.aws.call import Reply
from checker.load.aws.convert.row import Row, known_text
from checker.load.aws.convert.world import World
from checker.model.flow_log import TelemetryRule
from checker.model.known import Maybe, Unknown

_SERVICE: Final = "observabilityadmin"
_ACCOUNT: Final = "aws_observabilityadmin_telemetry_rule"
_KINDS: Final = (("", _ACCOUNT), ("ForOrganization", f"{_ACCOUNT}_for_organization"))
"""End of the operations' names, and the Terraform type."""


def telemetry_rules(world: World) -> Iterator[TelemetryRule]:
    """Yield the telemetry rules. A listing tells their kinds only; one that was deleted since then is none."""
    for whose, kind in _KINDS:
        for arn, row in world.listing(_SERVICE, f"ListTelemetryRules{whose}", "TelemetryRuleSummaries", "RuleArn"):
            detail = _detail(world, row, f"GetTelemetryRule{whose}", arn)
            if detail is None or not world.is_gone(detail):
                yield TelemetryRule(
                    **world.common(row, arn, kind, id_=row.text("RuleName"), arn=arn, tags=world.tags_untold(row)),
                    resource_type=row.required("ResourceType"),
                    organization_wide=kind != _ACCOUNT,
                    telemetry_type=row.text("TelemetryType"),
                    **_reach(world, row, detail),
                )


def _detail(world: World, row: Row, operation: str, arn: str) -> Reply | None:
    request = row.reply.request
    return world.replies.get(request.account, request.region, _SERVICE, operation, arn)


def _reach(world: World, row: Row, detail: Reply | None) -> dict[str, Any]:
    """Return what a rule applies to and where it is copied to."""
    answer = Unknown(f"{row.where} does not tell it") if detail is None else world.answer(detail)
    rule = answer.required_row("TelemetryRule") if isinstance(answer, Row) else answer
    if not isinstance(answer, Row) or not isinstance(rule, Row):
        return dict.fromkeys(("selection_criteria", "scope", "regions"), rule)
    return {
        "selection_criteria": rule.text("SelectionCriteria"),
        "scope": rule.text("Scope"),
        "regions": _regions(rule, answer),
    }


def _regions(rule: Row, answer: Row) -> Maybe[tuple[str, ...] | None]:
    """Return the regions that a rule is copied to, None for all; not those in which AWS says that it failed."""
    everywhere, named, copies = rule.flag("AllRegions"), rule.texts("Regions"), answer.rows("RegionStatuses")
    if isinstance(everywhere, Unknown):
        return everywhere
    if isinstance(named, Unknown):
        return named
    if isinstance(copies, Unknown):
        return copies
    failed = {known_text(copy, "Region") for copy in copies if known_text(copy, "Status") == "FAILED"}
    if everywhere and not failed:
        return None
    wanted = {known_text(copy, "Region") for copy in copies} if everywhere else set(named)
    return tuple(sorted(wanted - failed - {""}))
