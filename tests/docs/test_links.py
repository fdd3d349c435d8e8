"""Every link inside the repository leads to a file and a heading that exist. Needs no network and no site generator."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from docs.links import ROOT, anchors, dead, links, outside, pages

PAGES = {path.relative_to(ROOT).as_posix(): path for path in pages()}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_and_headings(name: str) -> None:
    assert list(dead(PAGES[name])) == []


def test_every_kind_of_page_is_looked_at() -> None:
    assert {
        "README.md",
        "CONTRIBUTING.md",
        "docs/index.md",
        "docs/rules/FL001.md",
        "docs/examples/levels.md",
        "terraform/modules/flow-logs/README.md",
    } <= set(PAGES)


def test_addresses_outside_are_whole() -> None:
    addresses = [urlsplit(link) for link in outside()]
    assert addresses
    assert [each.geturl() for each in addresses if each.scheme != "https" or "." not in each.netloc] == []


def test_a_dead_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.links.ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# What `it` is, and is not\n\n## Twice\n\n## Twice\n", encoding="utf-8")
    page = tmp_path / "page.md"
    good = ["there.md", "there.md#what-it-is-and-is-not", "there.md#twice-1", "#here", "https://example.com/none"]
    bad = {
        "gone.md": "no such file",
        "there.md#what-it-is": "no such heading",
        "there.md#twice-2": "no such heading",
        "#nowhere": "no such heading",
        "/etc/hostname": "no such file",
    }
    page.write_text("# Here\n\n" + "\n".join(f"[x]({link})\n" for link in [*good, *bad]), encoding="utf-8")
    assert list(dead(page)) == [f"{link}: {why}" for link, why in bad.items()]


def test_links_in_code_are_none() -> None:
    text = (
        "`[a](b.md)`\n\n```text\n[c](d.md)\n```\n\n| t |\n|---|\n| [e](f.md) ![g](h.png) |\n\n- https://i.example/j\n"
    )
    assert links(text) == ["f.md", "h.png", "https://i.example/j"]


def test_headings_of_code_blocks_are_none() -> None:
    assert anchors("# One\n\n```sh\n# two\n```\n") == {"one"}
