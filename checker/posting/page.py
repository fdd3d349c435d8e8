"""What the comment says: the Markdown report under a marker of its own, with the commit that it is about."""

from __future__ import annotations

import hashlib
import posixpath
from typing import Final
from urllib.parse import quote

from checker.model.finding import Report
from checker.posting.place import Place
from checker.report.markdown import write_page
from checker.report.markdown_text import code, prose
from checker.report.options import RenderOptions

_LONGEST: Final = 200
_SHORT: Final = 10
"""Characters of a commit that people read."""


def marker(name: str) -> str:
    """Return the first line of the comment of a name: shows nothing, and nothing in the name ends it early."""
    key = quote(name, safe="/", errors="surrogatepass").replace("--", "%2D%2D")
    if len(key) > _LONGEST:
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"<!-- flowcheck:{key} -->"


def name_of(given: str | None, report: Report | None, folder: str | None) -> str:
    """Return the name under which a comment is kept: the one given, else the root module's folder in the repository.

    ``folder`` is the working folder as seen from the repository's top. A run over several roots has the folder's name.
    """
    if given is not None:
        return given
    roots = {finding.resource.root for finding in report.findings} if report is not None else set()
    root = roots.pop() if len(roots) == 1 else ""
    found = posixpath.normpath(posixpath.join(folder or "", root))
    return "" if found == "." else found


def page(report: Report, name: str, place: Place, options: RenderOptions, limit: int) -> str:
    """Return the comment of a run, at most ``limit`` characters long."""
    return write_page(report, options, limit=limit, marker=marker(name), name=name, foot=_foot(place))


def page_without_run(reason: str, name: str, place: Place) -> str:
    """Return the comment of a commit that could not be checked: an older verdict must not stand for it."""
    title = f"### flowcheck {code(name)}: not checked" if name else "### flowcheck: not checked"
    lines = [marker(name), title, f"{prose(reason)}. Nothing is known of this commit.", _foot(place)]
    return "\n\n".join(line for line in lines if line) + "\n"


def _foot(place: Place) -> str:
    short = prose(place.commit[:_SHORT]) if place.commit else ""
    parts = [f"Commit {short}" if short else "", f"[the run]({place.run_url})" if place.run_url else ""]
    return ", ".join(part for part in parts if part)
