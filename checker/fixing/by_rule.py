"""What each rule's findings need beyond their remediation. One table: a rule that is not in it is fixed as written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from checker.fixing.apply import apply_written, as_written
from checker.fixing.change import Change
from checker.fixing.model import CannotFix
from checker.fixing.special_filters import narrow_acl, narrow_group, open_or_delete, renumber
from checker.fixing.special_logs import destination, fields, redundant, tags, trust
from checker.fixing.written import take_apart
from checker.model.record import replace

Fixer: TypeAlias = Callable[[Change], None]


def never(reason: str) -> Fixer:
    """Return a fixer for findings that no source resolves."""

    def refuse(_change: Change) -> None:
        raise CannotFix(reason)

    return refuse


def with_choice(name: str, what: str, placeholder: str) -> Fixer:
    """Return a fixer that puts what a person chose in place of a remediation's placeholder."""

    def fix(change: Change) -> None:
        written = take_apart(change.terraform)
        if any(placeholder in each.text for each in written):
            chosen = change.choices.need(name, what).replace("\\", "\\\\").replace('"', '\\"')
            written = [replace(each, text=each.text.replace(placeholder, chosen)) for each in written]
        apply_written(change, written)

    return fix


def _table(change: Change) -> None:
    fix = with_choice(
        "results", "where Athena writes results (s3://BUCKET/FOLDER/)", "s3://NAME-OF-THE-RESULT-BUCKET/athena/"
    )
    if "NAME-OF-THE-BUCKET" in change.terraform:
        raise CannotFix("the name of the bucket is not known in the source")
    fix(change)


def _telemetry(change: Change) -> None:
    locked = [
        change.places.files.text(path)
        for path in (change.places.tree.folder / ".terraform.lock.hcl",)
        if path.is_file()
    ]
    version = re.search(r'registry\.\S+/hashicorp/aws"\s*\{[^}]*?version\s*=\s*"(\d+)\.', "".join(locked))
    if version is None or int(version[1]) < 6:
        raise CannotFix("it needs version 6 of the AWS provider, and .terraform.lock.hcl does not name it")
    as_written(change)


BY_RULE: Final[Mapping[str, Fixer]] = {
    "FL004": destination,
    "FL005": trust,
    "FL007": fields,
    "FL008": destination,
    "FL009": redundant,
    "FL010": tags,
    "SG001": narrow_group,
    "SG003": open_or_delete,
    "NA001": narrow_acl,
    "NA002": renumber,
    "DS001": with_choice("email", "who is told by mail", "security@example.com"),
    "DS003": _table,
    "DS005": _telemetry,
    "TR003": never("the rules that were read allow it: read the network again"),
    "TR004": never("who tries to log in is no matter of configuration"),
    "TR005": never("records are missing; no argument brings them back"),
}


def fixer_of(rule_id: str) -> Fixer:
    """Return what fixes the findings of a rule."""
    return BY_RULE.get(rule_id, as_written)
