"""A real Chromium. Without one the tests skip, visibly; with CI=true they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from checker.model.finding import Report
from checker.report.html import render
from checker.report.options import RenderOptions
from tests.report.html import made
from tests.support.absent import absent

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start the browser for the tests of this folder; it must not outlive them: it keeps an event loop running."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        absent("no Chromium here: apt-get install chromium")
    with sync_playwright() as tool:
        sandbox = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
        started = tool.chromium.launch(executable_path=path, args=sandbox)
        yield started
        started.close()


@dataclass
class Seen:
    """What a page did while it was looked at."""

    console: list[str] = field(default_factory=list)
    """Warnings and errors, of the page's policy too; a test that provokes some empties it."""
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report and, at the end, hold that the page asked for nothing, complained of nothing and ran nothing."""
    contexts = []
    seen = Seen()

    def opened(report: Report | Path, fragment: str = "", **options: Any) -> Page:
        path = report if isinstance(report, Path) else tmp_path / "report.html"
        if isinstance(report, Report):
            path.write_text(render(report, RenderOptions()), encoding="utf-8", errors="backslashreplace")
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        seen.watch(page)
        page.goto(path.as_uri() + fragment)
        return page

    opened.seen = seen  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert seen.console == []
    assert seen.dialogs == []
    assert [url for url in seen.requests if not url.startswith("file:")] == []
    assert len(seen.requests) <= sum(1 for _ in contexts) * 3  # a page is one file; a test may load it again


@pytest.fixture(scope="session")
def usual() -> Report:
    """A report with something in every part."""
    return made.report()


@pytest.fixture(scope="session")
def short() -> Report:
    """The same, with so few findings that it prints and is examined quickly."""
    return made.report(total=20)
