"""The JSON Schemas (Draft 2020-12) of policies, waivers and framework maps, made from the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from checker.model.finding import Severity
from checker.policy._policy import RuleMeta

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
INJECTED: Final = "managed_elsewhere"
"""The parameter that comes from ``destinations`` and so cannot be given under a rule."""

_BASE: Final = "https://github.com/flowcheck/flowcheck/raw/main/policies/schema/"
_SEVERITIES: Final = [severity.label for severity in sorted(Severity, reverse=True)]
_WORD: Final = {"type": "string", "minLength": 1}
_ACCOUNT: Final = {"type": "string", "pattern": "^[0-9]{12}$", "description": "Twelve digits, in quotes."}
_DATE: Final = {"type": "string", "format": "date"}
_ADDRESS: Final = _WORD | {
    "format": "address-glob",
    "description": "Glob per segment: module.legacy[*].aws_flow_log.*; ** for any number of segments.",
}
_ARN: Final = _WORD | {"format": "arn-glob", "description": "ARN; globs are matched field by field."}
_REGION: Final = _WORD | {"description": "Region, or a glob: eu-*."}


def published_schemas(rules: Sequence[RuleMeta]) -> dict[str, str]:
    """Return the text of every schema file under ``policies/schema`` by file name."""
    schemas = {"policy": policy_schema(rules), "waivers": waivers_schema(rules), "framework": framework_schema(rules)}
    return {f"{name}.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in sorted(schemas.items())}


def policy_schema(rules: Sequence[RuleMeta]) -> Schema:
    """Return the schema of a policy file."""
    properties: Schema = {
        "version": {"const": 1, "description": "Version of the file format."},
        "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"},
        "policy_version": {
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]+)*$",
            "description": "Version of the policy itself, in quotes; NAME@1 pins its first number.",
        },
        "description": _WORD,
        "extends": _WORD | {"description": "A shipped policy (baseline, cis, fsbp, baseline@1) or a file beside this."},
        "unlisted_rules": {
            "enum": ["default", "disabled"],
            "description": "What holds for rules that this file does not list: what stood before, or off.",
        },
        "rules": {"$ref": "#/$defs/rules"},
        "select": {"type": "array", "items": {"$ref": "#/$defs/selector"}},
        "destinations": {"type": "array", "items": {"$ref": "#/$defs/destination"}},
        "resolve_by_uniqueness": {
            "type": "boolean",
            "description": "Whether a reference may be resolved because its module instance holds one candidate only.",
        },
        "frameworks": {
            "type": "array",
            "items": _WORD,
            "description": "Frameworks whose controls are judged and shown: KEY or KEY@VERSION; all if absent.",
        },
    }
    definitions = {"rules": _object(_rules(rules)), "selector": _selector(), "destination": _destination()}
    return _file("policy", "A flowcheck policy", properties, ["version", "name"], definitions)


def waivers_schema(rules: Sequence[RuleMeta]) -> Schema:
    """Return the schema of a waiver file."""
    rule = {"enum": sorted(word for each in rules for word in (each.id, each.name))}
    scope = _object(
        {
            "address": _ADDRESS,
            "account": _ACCOUNT,
            "region": _REGION,
            "arn": _ARN,
            "tag": _tags(_WORD),
            "root": _WORD | {"description": "Root module folder, as the finding names it; glob per part."},
        }
    )
    waiver = _object(
        {
            "rule": _one_or_more(rule),
            "scope": scope | {"minProperties": 1},
            "reason": _WORD | {"pattern": r"\S"},
            "owner": _WORD | {"pattern": r"\S", "description": "Who answers for it."},
            "until": _DATE | {"description": "Last day on which it holds, UTC."},
        },
        required=["rule", "scope", "reason", "owner"],
    )
    properties = {"version": {"const": 1}, "waivers": {"type": "array", "items": waiver}}
    return _file("waivers", "Waivers of flowcheck", properties, ["version", "waivers"], {})


def framework_schema(rules: Sequence[RuleMeta]) -> Schema:
    """Return the schema of a framework map."""
    control = _object(
        {
            "ids": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": _WORD,
                "description": "The control's id in each version that has it.",
            },
            "demand": _WORD | {"description": "What it demands of flow logs, in one line of our own."},
            "rules": _object(_demanded(rules))
            | {"minProperties": 1, "description": "Rules, with what it fixes of them."},
            "firmness": {
                "enum": ["stated", "derived", "supporting"],
                "description": "The control names it, it follows from the control, or it is one means among others.",
            },
            "source": _WORD | {"description": "Where the mapping comes from."},
        },
        required=["ids", "demand", "rules", "firmness", "source"],
    )
    properties = {
        "version": {"const": 1, "description": "Version of the file format."},
        "key": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$"},
        "framework": _WORD,
        "versions": {"type": "array", "items": _WORD, "minItems": 1},
        "controls": {"type": "array", "items": control, "minItems": 1},
    }
    required = ["version", "key", "framework", "versions", "controls"]
    return _file("framework", "Controls of a framework that the rules serve", properties, required, {})


def _demanded(rules: Sequence[RuleMeta]) -> Schema:
    return {rule.id: _object(dict(sorted(rule.params_schema.items()))) | {"title": rule.name} for rule in rules}


def _rules(rules: Sequence[RuleMeta]) -> Schema:
    return {
        rule.id: _object(
            {
                "enabled": {"type": "boolean"},
                "severity": {"enum": _SEVERITIES},
                **{name: part for name, part in sorted(rule.params_schema.items()) if name != INJECTED},
            }
        )
        | {"title": rule.name}
        for rule in sorted(rules, key=lambda each: each.id)
    }


def _selector() -> Schema:
    match = _object(
        {
            "account": _one_or_more(_ACCOUNT),
            "region": _one_or_more(_REGION),
            "tag": _tags(_one_or_more(_WORD)),
            "cidr": _one_or_more(_WORD | {"format": "cidr"}),
            "address": _one_or_more(_ADDRESS),
            "type": _one_or_more(_WORD),
        }
    )
    return _object({"match": match | {"minProperties": 1}, "rules": {"$ref": "#/$defs/rules"}}, ["match", "rules"])


def _destination() -> Schema:
    managed = _object({"owner": _WORD, "checked_by": _WORD}, required=["owner", "checked_by"])
    return _object({"arn": _ARN, "account": _ACCOUNT, "managed_elsewhere": managed}, ["arn", "managed_elsewhere"])


def _one_or_more(one: Mapping[str, Any]) -> Schema:
    """Return the schema of a text or a list of such texts."""
    checks = {name: part for name, part in one.items() if name not in ("type", "enum", "description")}
    either: Schema = {"type": ["string", "array"], **checks, "items": dict(one), "minItems": 1}
    if "enum" in one:
        either["if"] = {"type": "string"}
        either["then"] = {"enum": one["enum"]}
    return either


def _tags(value: Mapping[str, Any]) -> Schema:
    return {"type": "object", "minProperties": 1, "additionalProperties": dict(value)}


def _object(properties: Schema, required: Sequence[str] = ()) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def _file(name: str, title: str, properties: Schema, required: Sequence[str], definitions: Schema) -> Schema:
    head = {"$schema": DIALECT, "$id": f"{_BASE}{name}.schema.json", "title": title}
    return {**head, **_object(properties, required), **({"$defs": definitions} if definitions else {})}
