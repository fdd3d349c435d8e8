"""Contributor Insights rules, read: which log groups, which field stands where, who contributes.

Source: CloudWatch User Guide, "Contributor Insights rule syntax".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from checker.model.finding import Json
from checker.model.record import dataclass
from checker.rules._fields import LONG_NUMBERS, SHORT_NUMBERS, VERSION_OF, field_called
from checker.rules._record import Layout
from checker.rules._text import Tri, any_of, matches

_MOST_KEYS: Final = 4
_MOST_FILTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule's definition."""

    groups: tuple[str, ...]
    """Names or ARNs; ``*`` at the end stands for any rest."""
    format: str
    fields: Mapping[str, str]
    """Position as written and name."""
    keys: tuple[str, ...]
    value_of: str | None
    filters: tuple[Mapping[str, Json], ...]
    aggregate: str

    def names_group(self, name: str, arn: str) -> Tri:
        """Say whether it reads a log group; both texts may hold ``⟦…⟧``."""
        return any_of(*(_matches(group, arn if group.startswith("arn:") else name) for group in self.groups))


def _matches(pattern: str, text: str) -> Tri:
    star = pattern.endswith("*")
    plain = pattern.rstrip("*").removesuffix(":") if pattern.startswith("arn:") else pattern.rstrip("*")
    return matches(plain.replace("*", "\ue010").replace("?", "\ue011") + ("*" if star else ""), text)


def parse_definition(text: str) -> Definition | str:
    """Return the definition in a JSON text, or why there is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "its definition is no JSON"
    if not isinstance(data, dict):
        return "its definition is no JSON object"
    schema = data.get("Schema")
    contribution = data.get("Contribution")
    if not isinstance(schema, dict) or schema.get("Name") != "CloudWatchLogRule":
        return "its schema is not CloudWatchLogRule"
    if not isinstance(contribution, dict):
        return "its definition has no Contribution"
    groups = _texts(data.get("LogGroupNames")) + _texts(data.get("LogGroupARNs"))
    fields = data.get("Fields")
    filters = contribution.get("Filters")
    return Definition(
        groups=groups,
        format=str(data.get("LogFormat", "")),
        fields={str(key): str(value) for key, value in fields.items()} if isinstance(fields, dict) else {},
        keys=_texts(contribution.get("Keys")),
        value_of=str(contribution["ValueOf"]) if contribution.get("ValueOf") else None,
        filters=tuple(each for each in filters if isinstance(each, dict)) if isinstance(filters, list) else (),
        aggregate=str(data.get("AggregateOn", "")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def defects(found: Definition, layout: Layout, contributors: Sequence[str]) -> list[str]:
    """Return what does not fit the records of a log; empty where all fits.

    ``contributors`` are the fields of which one has to be a key.
    """
    if found.format != "CLF":
        return [f"LogFormat is {found.format or 'not set'}; records between spaces are CLF"]
    wrong = _misplaced(found, layout)
    if wrong:
        return wrong
    aliases = _positions(found)
    strange = [each for each in (*found.keys, *_matched(found)) if each not in aliases]
    if strange:
        return [f"{strange[0]} is not one of its Fields"]
    return [*_key_defects(found, layout, aliases, contributors), *_value_defects(found, layout, aliases),
            *_filter_defects(found, layout, aliases)]  # fmt: skip


def position_of(text: str) -> int | None:
    """Return a position counted from 1; None for a text that is none."""
    found = int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
    return found or None


def _positions(found: Definition) -> dict[str, int]:
    return {alias: position_of(position) or 0 for position, alias in found.fields.items()}


def _matched(found: Definition) -> list[str]:
    return [str(each.get("Match")) for each in found.filters]


def _misplaced(found: Definition, layout: Layout) -> list[str]:
    wrong = []
    for position, alias in sorted(found.fields.items(), key=lambda item: (position_of(item[0]) or 0, item[0])):
        at = position_of(position)
        if at is None:
            wrong.append(f"{position[:20]} is no position; Fields of CLF are numbered from 1")
        elif at > len(layout.fields):
            wrong.append(f"{alias} is field {position}, and the records have {len(layout.fields)}")
        else:
            meant, real = field_called(alias), layout.fields[at - 1]
            if meant is not None and meant != real:
                wrong.append(f"{alias} is field {position}, where the records have {real}")
    return wrong


def _key_defects(
    found: Definition, layout: Layout, aliases: Mapping[str, int], contributors: Sequence[str]
) -> list[str]:
    if not 1 <= len(found.keys) <= _MOST_KEYS:
        return [f"it has {len(found.keys)} keys; a rule takes 1 to {_MOST_KEYS}"]
    keys = [layout.fields[aliases[key] - 1] for key in found.keys]
    if not any(key in contributors for key in keys):
        return [f"none of its keys ({', '.join(keys)}) is one of {', '.join(contributors)}"]
    return []


def _value_defects(found: Definition, layout: Layout, aliases: Mapping[str, int]) -> list[str]:
    if found.value_of is None:
        return []
    if found.value_of not in aliases:
        return [f"ValueOf {found.value_of} is not one of its Fields"]
    field = layout.fields[aliases[found.value_of] - 1]
    if field in VERSION_OF and field not in SHORT_NUMBERS | LONG_NUMBERS:
        return [f"ValueOf {found.value_of} is the field {field}, which holds no number"]
    return []


def _filter_defects(found: Definition, layout: Layout, aliases: Mapping[str, int]) -> list[str]:
    """Return filters that no record meets."""
    if len(found.filters) > _MOST_FILTERS:
        return [f"it has {len(found.filters)} filters; a rule takes {_MOST_FILTERS} at most"]
    wrong = []
    for each in found.filters:
        field = layout.fields[aliases[str(each.get("Match"))] - 1]
        values = _values(field, layout)
        if values is not None and not any(_meets(each, value) for value in values):
            wrong.append(f"no record meets its filter on {each.get('Match')} ({field} is one of {', '.join(values)})")
    return wrong


def _values(field: str, layout: Layout) -> tuple[str, ...] | None:
    """Return all values of a field that has few; None for others."""
    few: Mapping[str, tuple[str, ...]] = {
        "action": tuple(sorted(layout.actions)),
        "log-status": ("OK", "NODATA", "SKIPDATA"),
        "flow-direction": ("ingress", "egress"),
        "type": ("IPv4", "IPv6", "EFA"),
        "reject-reason": ("BPA", "EC", "-"),
    }
    return few.get(field)


def _meets(condition: Mapping[str, Json], value: str) -> bool:
    """Say whether a value meets a filter; an operator that is not known here counts as met."""
    for operator, wanted in condition.items():
        texts = _texts(wanted)
        if operator == "In" and value not in texts:
            return False
        if operator == "NotIn" and value in texts:
            return False
        if operator == "StartsWith" and not value.startswith(texts or ("",)):
            return False
        if operator in ("EqualTo", "GreaterThan", "LessThan"):
            return False  # a comparison of numbers with a field of words
    return True
