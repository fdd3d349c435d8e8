"""The documentation as a site: `make site` builds it with Sphinx into build/site.

Sphinx is used because it is kept well, fails on a dead link or anchor, and its pages and search need no server and load
nothing from elsewhere. The pages stay plain Markdown, which GitHub shows too: the table of contents stands here, and
links to files that are no pages become links to the repository.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]

CONTENTS = {
    "How to": [
        "how-to/pull-requests",
        "how-to/fix",
        "how-to/nightly-audit",
        "how-to/compliance-report",
        "how-to/rejected-traffic",
    ],
    "Worked examples": ["examples/README"],
    "Using it": ["terraform", "accounts", "traffic", "policies", "frameworks", "nightly", "history", "evidence"],
    "Reports": ["formats"],
    "Reference": ["cli", "configuration", "rules/README", "fields", "causes", "controls", "glossary"],
    "Inside": ["architecture", "releasing", "adr/*"],
}
"""Sections and their pages; the pages of a folder stand below its README (or the page named like it)."""

BELOW = {"examples/README": "*", "rules/README": "*", "formats": "formats/*"}

project = "flowcheck"
author = "The flowcheck authors"
extensions = ["myst_parser"]
exclude_patterns = ["site"]
source_suffix = {".md": "markdown"}
master_doc = "index"
language = "en"
html_theme = "furo"
html_title = "flowcheck"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 4
highlight_language = "none"


def source_read(app: Any, page: str, content: list[str]) -> None:
    """Give a page its table of contents, and lead links to files that are no pages to the repository."""
    text = re.sub(r"(?<=\]\()([^)\s]+)(?=\))", lambda found: _target(DOCS / f"{page}.md", found[1]), content[0])
    text = re.sub(r"^- (https://\S+)$", r"- <\1>", text, flags=re.MULTILINE)  # what GitHub makes a link by itself
    if page == master_doc:
        text += "".join(_toctree(pages, caption) for caption, pages in CONTENTS.items())
    elif page in BELOW:
        text += _toctree([BELOW[page]], "")
    content[0] = text


def _target(page: Path, link: str) -> str:
    name, _, anchor = link.partition("#")
    if not name or re.match(r"[a-z]+:", name):
        return link
    path = (page.parent / name).resolve()
    if path.suffix == ".md" and path.is_relative_to(DOCS.resolve()):
        return link
    kind = "tree" if path.is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{path.relative_to(ROOT.resolve()).as_posix()}" + (f"#{anchor}" if anchor else "")


def _toctree(pages: list[str], caption: str) -> str:
    options = [":hidden:", ":glob:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["", "", "```{toctree}", *options, "", *pages, "```", ""])


def setup(app: Any) -> dict[str, Any]:
    """Connect with Sphinx."""
    app.connect("source-read", source_read)
    return {"parallel_read_safe": True}
