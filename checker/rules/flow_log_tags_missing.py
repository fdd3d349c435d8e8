"""A flow log lacks the tags that the policy requires.

## What it checks

The tags of each flow log, the provider's default tags included. With `required` empty, one tag of any name will do.

## Why it matters

Tags say who owns a flow log, who pays for it and whom to ask before it is deleted.

## When it cannot tell

When tags come from an expression that cannot be evaluated.

## Parameters

- `required` (empty): tag keys that must be there. Values are not judged and never shown.

## Remediation

Add the tags. Tags are the one argument of a flow log that can change without replacing it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/working-with-flow-logs.html
- https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
"""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json, Severity
from checker.model.known import Unknown
from checker.rules._fix import own_block
from checker.rules._fix_live import command, in_quotes
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, passed, unknown


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the tags of one flow log."""
    required = [str(key) for key in params["required"]] if isinstance(params["required"], list) else []
    facts: dict[str, Json] = {"required": list(required)}
    if isinstance(entity.tags, Unknown):
        message = f"{name(entity)}: the tags are not known ({entity.tags.reason})."
        return unknown(message, [fact(entity.tags.reason, entity)], facts)
    keys = [key for key in entity.tags if not key.startswith("aws:")]
    missing = [key for key in required if key not in keys]
    facts["missing"] = list(missing)
    evidence = [fact(f"{len(keys)} tags, default tags included", entity)]
    if not missing and (required or keys):
        return passed(f"{name(entity)} has the tags that are required.", evidence, facts)
    wanted = missing or ["Owner"]
    lines = "\n".join(f'    "{key}" = "..."' for key in wanted)
    cli = None
    if isinstance(entity.id, str):
        pairs = " ".join(in_quotes(f"Key={key},Value=...") for key in wanted)
        cli = command(entity, f"ec2 create-tags --resources {quote(entity.id)} --tags {pairs}")
    fix = own_block(entity, "Add the tags.", f"  tags = {{\n{lines}\n  }}", cli=cli)
    message = f"{name(entity)} lacks the tags {', '.join(missing)}." if missing else f"{name(entity)} has no tag."
    return failed(message, evidence, facts, fix)


RULE: Final = Rule(
    id="FL010",
    name="flow-log-tags-missing",
    title="Flow log without the required tags",
    severity=Severity.LOW,
    subjects=subjects,
    check=check,
    why="Nobody can say who owns a flow log without tags, or whether it may be deleted.",
    default_params={"required": []},
    params_schema={
        "required": {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True},
    },
    enabled_by_default=False,
)
