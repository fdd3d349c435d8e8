"""HTML put together so that no text of the input can become markup: every text is escaped where it is placed."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, Union
from urllib.parse import quote

from checker.model.finding import Remediation
from checker.report.sanitize import block, plain


class Html(str):
    """Markup made by this module; any other string is text."""

    __slots__ = ()


Child = Union[str, None, "Iterable[Child]"]
Attribute = Union[str, int, float, bool, None]

_WORD: Final = 24
_VOID: Final = frozenset({"br", "hr", "input", "link", "meta", "img"})


def text(value: object) -> Html:
    """Return a text as it is shown on a page: escaped, on one line, with unseen characters spelled out."""
    return Html(escape(plain(str(value)), quote=True))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element. A ``str`` that is not Html is text.

    ``class_`` and ``for_`` stand for reserved words, underscores for hyphens; None and False leave an attribute out.
    """
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>" if name in _VOID else f"<{name}{written}>{join(children)}</{name}>")


def join(children: Child) -> Html:
    """Return children one after the other."""
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, str):
        return text(children)
    return Html("".join(join(child) for child in children))


def code_block(value: str) -> Html:
    """Return source code of several lines, which a keyboard can scroll."""
    return Html(f'<pre tabindex="0"><code>{escape(block(value), quote=True)}</code></pre>')


def code(value: str) -> Html:
    """Return a name or value in a fixed-width type."""
    return tag("code", value)


def word(value: str) -> Html:
    """Return a name such as an account or a region, which is not broken; what is longer than any is."""
    return tag("span", value, class_="word" if len(value) <= _WORD else None)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def anchor(finding_id: str) -> str:
    """Return the fragment that leads to a finding, without ``#``: the same for page, script and mail."""
    return f"finding-{quote(plain(finding_id), safe='')}"


def icon(name: str) -> Html:
    """Return a picture of the page's own set; the word beside it carries the meaning."""
    return Html(f'<svg class="i" aria-hidden="true" focusable="false"><use href="#i-{name}"/></svg>')


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]], *, caption: str, class_: str | None = None) -> Html:
    """Return a table that scrolls by itself, its first column being the heads of the rows.

    On a narrow screen each row is a block, and each cell names its column.
    """
    head = tuple(head)
    top = tag("thead", tag("tr", [tag("th", each, scope="col") for each in head]))
    names = [each if isinstance(each, str) and not isinstance(each, Html) else None for each in head]
    body = [
        tag("tr", [tag("td", cell, data_label=names[at]) if at else tag("th", cell, scope="row")
                   for at, cell in enumerate(row)])
        for row in rows
    ]  # fmt: skip
    inner = tag("table", tag("caption", caption), top, tag("tbody", body), class_=class_)
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def section(identifier: str, title: str, *children: Child) -> Html:
    """Return a part of the page with its head."""
    return tag(
        "section", tag("h2", title, id=f"{identifier}-h"), children, id=identifier, aria_labelledby=f"{identifier}-h"
    )


def note(*children: Child) -> Html:
    """Return a remark in small type."""
    return tag("p", children, class_="note")


def remedy(fix: Remediation | None) -> Html | None:
    """Return how to make something right, with its code; None where nothing is known that would."""
    if fix is None:
        return None
    return join(
        [tag("h5", "Fix"), tag("p", fix.summary), [code_block(each) for each in (fix.terraform, fix.cli) if each]]
    )


def definitions(pairs: Iterable[tuple[str, Child]], *, class_: str | None = None) -> Html:
    """Return a list of words and what they stand for."""
    return tag("dl", [tag("div", tag("dt", word), tag("dd", value)) for word, value in pairs], class_=class_)
