"""The page put together: head with its security policy, parts in order, data and script at the end."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from checker.model.finding import Report
from checker.report.html.markup import Html, tag

PARTS: Final = (
    ("summary", "Summary"),
    ("coverage", "Coverage"),
    ("findings", "Findings"),
    ("controls", "Controls"),
    ("traffic", "Traffic"),
    ("inventory", "Inventory"),
    ("waivers", "Waivers"),
    ("changes", "History"),
    ("method", "Method and limits"),
    ("reproduce", "How to reproduce"),
)
"""Id and name of each part, in order."""


@cache
def asset(name: str) -> Html:
    """Return the text of a file beside this module; raises FileNotFoundError where the installation is not whole."""
    text = files(__package__ or "").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
    return Html(text)


def security_policy() -> str:
    """Return the Content-Security-Policy: nothing is loaded, and only our style and our script run."""
    return (
        f"default-src 'none'; style-src {_digest(asset('report.css'))}; script-src {_digest(asset('report.js'))}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    """Return a source of a security policy that stands for one text. Source: CSP level 3, hash-source."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def lay_out(report: Report, parts: Iterable[Html], data: Iterable[Html]) -> Iterator[str]:
    """Yield the pieces of the page."""
    day = f"{report.run.started_at:%Y-%m-%d}"
    yield '<!DOCTYPE html>\n<html lang="en" class="no-js">\n<head>\n<meta charset="utf-8">\n'
    yield tag("meta", http_equiv="Content-Security-Policy", content=security_policy()) + "\n"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    yield tag("meta", name="generator", content=f"flowcheck {report.tool_version}") + "\n"
    yield tag("title", f"Flow log compliance report, {day}") + "\n"
    yield f"<style>{asset('report.css')}</style>\n</head>\n<body>\n"
    yield '<a class="skip" href="#main">Skip to the report</a>\n'
    yield asset("icons.svg")
    yield from _top()
    yield '<main id="main" tabindex="-1">\n'
    for part in parts:
        yield part + "\n"
    yield "</main>\n"
    yield tag("footer", tag("p", f"Written by flowcheck {report.tool_version}. This file is complete in itself: it "
                                 "loads nothing and sends nothing.")) + "\n"  # fmt: skip
    yield from data
    yield f"<script>{asset('report.js')}</script>\n</body>\n</html>\n"


def _top() -> Iterator[str]:
    links = [tag("li", tag("a", name, href=f"#{identifier}")) for identifier, name in PARTS]
    theme = tag("button", "Theme: automatic", type="button", id="theme", class_="needs-script")
    yield tag(
        "header",
        tag("div", tag("p", "flowcheck", class_="brand"), theme, class_="bar"),
        tag("nav", tag("ul", links), aria_label="Parts of the report"),
        class_="top",
    ) + "\n"  # fmt: skip
