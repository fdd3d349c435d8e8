"""Links of the project's Markdown: where each leads inside the repository, and which lead out of it.

``python -m docs.links`` lists the addresses outside; nothing is fetched. Anchors are made as GitHub and the site make
them: the heading in small letters, without punctuation, blanks as hyphens, numbered when they repeat.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
OUTSIDE = ("http://", "https://", "mailto:")


def pages() -> list[Path]:
    """Return every Markdown file that a reader may open: the root's, the documents', those of the Terraform modules."""
    files = {*ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")}
    for folder in ("docs", "terraform", ".github"):
        files |= {path for path in (ROOT / folder).rglob("*.md") if ".terraform" not in path.parts}
    return sorted(path for path in files if "site" not in path.relative_to(ROOT).parts)


def links(text: str) -> list[str]:
    """Return the targets of a page's links and images, as they are written, and bare addresses; code left out."""
    from markdown_it import MarkdownIt

    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if isinstance(target, str):
                found.append(target)
            elif child.type == "text":
                found += re.findall(r"https?://[^\s<>)]+", child.content)
    return found


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    seen: dict[str, int] = {}
    found = set()
    for token, after in pairwise(tokens):
        if token.type != "heading_open":
            continue
        words = "".join(each.content for each in after.children or () if each.type in {"text", "code_inline"})
        slug = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def dead(path: Path) -> Iterator[str]:
    """Yield each link of a page that leads nowhere in the repository."""
    text = path.read_text(encoding="utf-8")
    for link in links(text):
        if link.startswith(OUTSIDE):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or not target.resolve().is_relative_to(ROOT.resolve()):
            yield f"{link}: no such file"
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield f"{link}: no such heading"


def outside() -> dict[str, list[Path]]:
    """Return the addresses outside the repository, each with the pages that link to it."""
    found: dict[str, list[Path]] = {}
    for path in pages():
        for link in links(path.read_text(encoding="utf-8")):
            if link.startswith(OUTSIDE):
                found.setdefault(link, []).append(path.relative_to(ROOT))
    return dict(sorted(found.items()))


def main() -> int:
    """Print the addresses outside."""
    for link, found in outside().items():
        print(f"{link}  {', '.join(sorted({path.as_posix() for path in found}))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
