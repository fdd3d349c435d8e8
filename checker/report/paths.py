"""Paths of the report as platforms want them: from the root of the repository, and as URIs."""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import quote

from checker.model.finding import Finding, Gap, Report
from checker.model.origin import Origin
from checker.model.record import dataclass
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.sanitize import plain

_DRIVE: Final = re.compile(r"^[A-Za-z]:[/\\]")


def repository_path(path: str, source_root: str | None) -> str:
    """Return a path of the report (relative to the working folder) as seen from the root of the repository.

    ``source_root`` is the working folder as seen from there. Absolute paths stay as they are. Without superfluous
    ``./`` and ``..``.
    """
    if posixpath.isabs(path) or _DRIVE.match(path):
        return path
    return posixpath.normpath(posixpath.join(source_root or "", path))


def file_uri(path: str) -> tuple[str, bool]:
    """Return a path as a URI reference (RFC 3986) and whether it is a relative one."""
    if _DRIVE.match(path):
        return "file:///" + quote(path.replace("\\", "/"), safe="/:"), False
    if posixpath.isabs(path):
        return "file://" + quote("/" + path.lstrip("/"), safe="/"), False
    return quote(path, safe="/"), True


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, counted from 1."""

    path: str
    """As seen from the root of the repository; plain."""
    line: int
    end_line: int


_LIVE: Final = "aws"
"""Folder of the paths that stand for accounts."""


class Places:
    """Gives every finding a place, for platforms that take none without.

    A live account has no file, and code scanning refuses a file with a result that has none. Its findings stand at
    ``aws/ACCOUNT/REGION``: other accounts of the run must not change it, or their alerts would be closed and reopened.
    """

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self._root = plain(options.source_root or "")
        self._inputs = say.inputs_by_root(report)
        kinds = [each.get("kind") for each in report.run.inputs]
        self._live = "account" in kinds
        self.first = Place(_LIVE, 1, 1) if kinds[:1] == ["account"] else self.at(None, say.first_input(report))
        """Line 1 of the first input, or of what stands for all live accounts."""

    def of(self, finding: Finding) -> Place:
        """Return where the subject stands; else line 1 of the input of its root module, else of the first input."""
        if finding.location is not None and finding.location.path:
            return self.at(finding.location)
        path = self._inputs.get(finding.resource.root)
        if path is not None:
            return self.at(None, path)
        return self._in_aws(finding.resource.account, finding.resource.region)

    def of_gap(self, gap: Gap) -> Place:
        """Return the account and region that a gap is of; else line 1 of the first input."""
        return self._in_aws(gap.account, gap.region)

    def _in_aws(self, account: str | None, region: str | None) -> Place:
        if not self._live or account is None:
            return self.first
        return Place("/".join(plain(each) for each in (_LIVE, account, region) if each), 1, 1)

    def at(self, origin: Origin | None, path: str = "") -> Place:
        """Return the place of an origin that has a path, or line 1 of another path."""
        path = repository_path(plain(origin.path if origin and origin.path else path), self._root)
        line = max((origin.line if origin else None) or 1, 1)
        return Place(path, line, max((origin.end_line if origin else None) or line, line))
