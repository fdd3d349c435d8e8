"""Read waivers: from a file, and from comments in Terraform source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from checker.model.loaded import InlineWaiver
from checker.model.origin import Origin, Source
from checker.policy._policy import RuleMeta, Waiver
from checker.policy.glob import check_address_pattern
from checker.policy.problem import Problem, did_you_mean, raise_problems
from checker.policy.reader import HINT, Document, read_document
from checker.policy.schema import waivers_schema
from checker.policy.validate import problems_of


def load_waivers(path: Path | str, rules: Sequence[RuleMeta]) -> tuple[Waiver, ...]:
    """Return the waivers of a file in its order; rules are accepted by id and by name.

    Raises PolicyError listing every mistake with file, line, column, what was given and what is allowed.
    """
    document = read_document(Path(path), "waiver")
    raise_problems(check_waivers(document, rules), hint=HINT)
    return waivers_of(document, rules)


def check_waivers(document: Document, rules: Sequence[RuleMeta]) -> list[Problem]:
    """Return every mistake of one waiver file."""
    data = document.data
    if isinstance(data, dict) and "waivers" not in data and {"rules", "extends", "select"} & set(data):
        return [document.problem((), "this is a policy; give it with --policy")]
    return list(problems_of(document, waivers_schema(rules)))


def waivers_of(document: Document, rules: Sequence[RuleMeta]) -> tuple[Waiver, ...]:
    """Return the waivers of a document that is free of mistakes."""
    data: Any = document.data
    return tuple(_waiver(document, at, entry, rules) for at, entry in enumerate(data["waivers"]))


def _waiver(document: Document, at: int, entry: dict[str, Any], rules: Sequence[RuleMeta]) -> Waiver:
    scope = entry["scope"]
    line = document.places[("waivers", at)].line
    words = entry["rule"] if isinstance(entry["rule"], list) else [entry["rule"]]
    return Waiver(
        rules=tuple(dict.fromkeys(_ids(rules)[word] for word in words)),
        address=scope.get("address"),
        account=scope.get("account"),
        region=scope.get("region"),
        arn=scope.get("arn"),
        tags=dict(scope.get("tag", {})),
        reason=entry["reason"].strip(),
        owner=entry["owner"].strip(),
        until=date.fromisoformat(entry["until"]) if "until" in entry else None,
        origin=Origin(source=Source.POLICY, path=document.name, line=line),
        root=scope.get("root"),
    )


def waivers_from_inline(
    comments: Iterable[InlineWaiver], rules: Sequence[RuleMeta]
) -> tuple[tuple[Waiver, ...], list[str]]:
    """Return the waivers that comments hold, and what is wrong with those that waive nothing.

    A comment without a reason, with a wrong date or naming a rule that does not exist waives nothing.
    """
    waivers, notes = [], []
    for comment in comments:
        trouble = _trouble(comment, rules)
        if trouble:
            notes.append(f"the waiver at {comment.origin.text()} waives nothing: {trouble}")
            continue
        ids = _ids(rules)
        waivers.append(
            Waiver(
                rules=tuple(dict.fromkeys(ids[_known(word, ids)] for word in comment.rules)),
                address=comment.address,
                account=None,
                region=None,
                arn=None,
                reason=(comment.reason or "").strip(),
                owner=comment.owner,
                until=comment.until,
                origin=comment.origin,
                root=comment.root,
            )
        )
    return tuple(waivers), notes


def _trouble(comment: InlineWaiver, rules: Sequence[RuleMeta]) -> str | None:
    if comment.error:
        return comment.error
    if not (comment.reason or "").strip():
        return "it gives no reason"
    try:
        check_address_pattern(comment.address)
    except ValueError as error:
        return str(error)
    ids = _ids(rules)
    wrong = [word for word in comment.rules if _known(word, ids) not in ids]
    if wrong:
        return "; ".join(f"there is no rule {word!r}{did_you_mean(word, sorted(ids))}" for word in wrong)
    return None if comment.rules else "it names no rule"


def _known(word: str, ids: dict[str, str]) -> str:
    """Return a word as it is known; ids may be written in small letters."""
    return word if word in ids else word.upper()


def _ids(rules: Sequence[RuleMeta]) -> dict[str, str]:
    """Return rule ids by id and by name."""
    return {word: rule.id for rule in rules for word in (rule.id, rule.name)}


def place_of(waiver: Waiver) -> str:
    """Return file and line of a waiver."""
    origin = waiver.origin
    return f"{origin.path}:{origin.line}" if origin.path and origin.line else origin.text()
