"""The page of a rule: made from the rule's metadata and its module's docstring, so that the text exists once."""

from __future__ import annotations

import json
import sys

from checker.rules._rule import Rule


def page(rule: Rule) -> str:
    """Return the page of one rule as Markdown: a heading, a table of metadata, then the module's docstring."""
    default = "on" if rule.enabled_by_default else "off until the policy asks for it"
    lines = [
        f"# {rule.id} {rule.name}",
        "",
        f"**{rule.title}**",
        "",
        f"Severity: {rule.severity.label}. By default: {default}.",
        "",
        _body(rule),
    ]
    if rule.default_params:
        lines += ["", "## Default parameters", "", "```json", json.dumps(rule.default_params, indent=2), "```"]
    return "\n".join(lines).rstrip() + "\n"


def _body(rule: Rule) -> str:
    """Return the docstring of the rule's module without its first line, which the heading already says."""
    text = sys.modules[rule.check.__module__].__doc__ or ""
    return "\n".join(text.split("\n")[1:]).strip()


def table(rules: tuple[Rule, ...]) -> str:
    """Return all rules as plain text, one a line."""
    width = max(len(rule.name) for rule in rules)
    return "\n".join(
        f"{rule.id}  {rule.severity.label:8}  {rule.name:{width}}  {rule.title}"
        + ("" if rule.enabled_by_default else " (off by default)")
        for rule in rules
    )
