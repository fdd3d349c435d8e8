"""The site is built with warnings as errors, needs nothing from elsewhere, and none of its links is dead."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.absent import absent

pytestmark = pytest.mark.slow  # test_links.py is quick, and looks at the same links

ROOT = Path(__file__).parents[2]
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
NAMING = {"canonical", "license", "search"}
"""Relations of ``link`` elements that load nothing."""


class Page(HTMLParser):
    """Collects what a page loads, links to, and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given[name] or "" for name in ("id", "name") if name in given}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if LOADING.get(tag) in given and given.get("rel") not in NAMING:
            self.loads.append(given[LOADING[tag]] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    for package in ("sphinx", "myst_parser", "furo"):
        if find_spec(package) is None:
            absent("the site needs pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site").resolve()
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "doctrees"),
         str(ROOT / "docs"), str(folder / "html")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {path: Page(path) for path in sorted((folder / "html").rglob("*.html"))}


def test_every_page_is_there(site: dict[Path, Page]) -> None:
    folder = next(path.parent for path in site if path.name == "index.html" and (path.parent / "cli.html").exists())
    built = {path.relative_to(folder).with_suffix("").as_posix() for path in site}
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert built - pages <= {"genindex", "search"}
    assert pages - built == set()


def test_links_and_anchors_of_the_pages_lead_somewhere(site: dict[Path, Page]) -> None:
    dead = []
    for path, page in site.items():
        for link in page.links:
            name, _, anchor = link.partition("#")
            if name.startswith(("https://", "mailto:")):
                continue
            target = (path.parent / unquote(name)).resolve() if name else path
            known = site.get(target)
            if not target.exists() or (anchor and known is not None and unquote(anchor) not in known.ids):
                dead.append(f"{path.name}: {link}")
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(site: dict[Path, Page]) -> None:
    loads = {link for page in site.values() for link in page.loads}
    assert loads
    assert [link for link in loads if "//" in link] == []
    styles = [path.read_text(encoding="utf-8") for path in next(iter(site)).parents[0].rglob("*.css")]
    assert styles
    assert [each for each in styles if "url(http" in each or "url(//" in each or "@import" in each] == []
