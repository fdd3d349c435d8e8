"""Inline waivers: ``# flowcheck:ignore=FL003 reason=... until=2027-03-31 owner=...`` on a resource or a module call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from checker.load.terraform.source.modules import Module
from checker.load.terraform.source.syntax import Block, Comment
from checker.model.loaded import InlineWaiver
from checker.model.origin import Origin, Source
from checker.model.record import dataclass

_KEYS: Final = ("ignore", "reason", "until", "owner")
_KEY: Final = re.compile(r"(?:^|(?<=\s))([A-Za-z_]+)=")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'")
_RULE: Final = re.compile(r"[A-Z]{2}[0-9]{3}")
_SHAPE: Final = "write flowcheck:ignore=FL003 reason=why until=2027-03-31 owner=who"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one comment says."""

    rules: tuple[str, ...] = ()
    reason: str | None = None
    owner: str | None = None
    until: date | None = None
    error: str | None = None


def inline_waivers(tree: Module, *, root: str = "", source: Source = Source.HCL) -> list[InlineWaiver]:
    """Return the waivers of all modules, by address. Nothing is evaluated.

    A module that is called twice gives two. A comment that stands on no resource, data source or module call is
    returned with an error.
    """
    found = [_waiver(module, comment, root, source) for module in tree.walk() for comment in module.source.comments]
    return sorted(found, key=lambda waiver: (waiver.address, waiver.origin.path or "", waiver.origin.line or 0))


def parse_comment(text: str) -> Words:
    """Read a comment that begins with ``flowcheck:``; what is wrong with it is its ``error``."""
    body = text.strip().removeprefix("flowcheck:").strip()
    pairs, problem = _pairs(body)
    if problem is not None:
        return Words(error=problem)
    rules = tuple(rule.strip() for rule in pairs.get("ignore", "").split(",") if rule.strip())
    words = Words(rules=rules, reason=pairs.get("reason") or None, owner=pairs.get("owner") or None)
    wrong = next((rule for rule in rules if not _RULE.fullmatch(rule)), None)
    if not rules:
        return _with(words, f"no rule is named: {_SHAPE}")
    if wrong is not None:
        return _with(words, f"{wrong} is no rule id: {_SHAPE}")
    if words.reason is None:
        return _with(words, f"a reason is required: {_SHAPE}")
    if "until" not in pairs:
        return words
    until = _date(pairs["until"])
    return _with(words, None if until else f"until={pairs['until']} is no date: write until=2027-03-31", until)


def _with(words: Words, error: str | None, until: date | None = None) -> Words:
    return Words(rules=words.rules, reason=words.reason, owner=words.owner, until=until, error=error)


def _pairs(body: str) -> tuple[dict[str, str], str | None]:
    """Split ``key=value key=value``; a value runs to the next key. Quoted text holds no keys."""
    masked = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), body)
    keys = list(_KEY.finditer(masked))
    if not keys or masked[: keys[0].start()].strip():
        return {}, f"it cannot be read: {_SHAPE}"
    pairs: dict[str, str] = {}
    for number, key in enumerate(keys):
        name = key.group(1).lower()
        end = keys[number + 1].start() if number + 1 < len(keys) else len(body)
        if name not in _KEYS:
            return {}, f"{name}= is not known (quote the reason if it belongs there): {_SHAPE}"
        if name in pairs:
            return {}, f"{name}= stands twice"
        pairs[name] = _unquoted(body[key.end() : end].strip())
    return pairs, None


def _unquoted(text: str) -> str:
    if _QUOTED.fullmatch(text):
        return text[1:-1].replace('\\"', '"')
    return text


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _waiver(module: Module, comment: Comment, root: str, source: Source) -> InlineWaiver:
    words = parse_comment(comment.text)
    block = _block_at(module, comment)
    stands_nowhere = None if block else "it stands on no resource, data source or module call"
    address = _address(module, block) if block else module.static_address
    return InlineWaiver(
        rules=words.rules,
        address=address,
        root=root,
        reason=words.reason,
        owner=words.owner,
        until=words.until,
        origin=Origin(source=source, root=root, address=address or None, path=comment.path, line=comment.line),
        error=words.error or stands_nowhere,
    )


def _block_at(module: Module, comment: Comment) -> Block | None:
    """Return the block that a comment stands on: around it, on its line, or on the line after it.

    Several such comments may stand one under the other before a block.
    """
    lines = {other.line for other in module.source.comments if other.path == comment.path}
    blocks = [block for block in _candidates(module) if block.path == comment.path]
    inside = next((block for block in blocks if block.line <= comment.line <= block.end_line), None)
    if inside is not None:
        return inside
    line = comment.line + 1
    while line in lines:
        line += 1
    return next((block for block in blocks if block.line == line), None)


def _candidates(module: Module) -> Iterator[Block]:
    for block in module.source.blocks:
        labels = 1 if block.type == "module" else 2
        if block.type in ("resource", "data", "module") and len(block.labels) == labels:
            yield block


def _address(module: Module, block: Block) -> str:
    kind = {"module": "module.", "data": "data."}.get(block.type, "")
    own = kind + ".".join(block.labels)
    return f"{module.static_address}.{own}" if module.path else own
