"""How a report looks. One module per format, each a pure function of the report and the options.

A format is one module with ``render(report, options)`` and one line here. Modules are imported when used, so that
starting up does not pay for formats nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Final

from checker.model.finding import Report
from checker.model.record import dataclass
from checker.report.options import Limits, RenderOptions

_CHUNK: Final = 1 << 20
"""Characters that are written at once."""

__all__ = ["FORMATS", "Format", "Limits", "RenderOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write a report."""

    name: str
    """As given to ``--format``."""
    module: str
    """Module below ``checker.report`` that holds ``render``."""
    description: str
    default_file: str
    """Usual name of a file in this format."""
    needs: str | None = None
    """Package that this format needs and a plain installation lacks: ``import name=extra of flowcheck``."""
    binary: bool = False
    """Whether it is no text, so that a terminal cannot show it."""
    assessment: bool = False
    """Whether it shows controls, coverage and inventory: they are worked out only where something shows them."""

    def render(self, report: Report, options: RenderOptions) -> str:
        """Return the report in this format. Equal arguments give equal text. Raises TypeError for a binary one."""
        text = self._module().render(report, options)
        if not isinstance(text, str):
            raise TypeError(f"{self.name} is no text")
        return text

    def data(self, report: Report, options: RenderOptions) -> bytes:
        """Return the content of a file in this format; a text is UTF-8 and ends with a line break."""
        made: str | bytes = self._module().render(report, options)
        if isinstance(made, bytes):
            return made
        return (made if made.endswith("\n") else f"{made}\n").encode("utf-8", "backslashreplace")

    def chunks(self, report: Report, options: RenderOptions) -> Iterator[bytes]:
        """Yield the content of such a file piece by piece, for formats that need not hold all of it at once."""
        find = getattr(self._module(), "pieces", None)
        if find is None:
            yield self.data(report, options)
            return
        held: list[str] = []
        size = 0
        for piece in find(report, options):  # they end with a line break
            held.append(piece)
            size += len(piece)
            if size > _CHUNK:
                yield "".join(held).encode("utf-8", "backslashreplace")
                held.clear()
                size = 0
        yield "".join(held).encode("utf-8", "backslashreplace")

    def remarks(self, report: Report, options: RenderOptions) -> str | None:
        """Return what this format leaves out and has no place to say; None where it says so itself."""
        find = getattr(self._module(), "remarks", None)
        said: str | None = find(report, options) if find is not None else None
        return said

    def _module(self) -> ModuleType:
        return import_module(f"checker.report.{self.module}")


_FORMATS: Final = (
    Format(name="table", module="table", default_file="flowcheck.txt",
           description="for people at a terminal: failures with evidence and fix, unknowns, counts"),
    Format(name="json", module="run_json", default_file="flowcheck.json", assessment=True,
           description="for programs: everything, with a published schema; baselines and saved runs"),
    Format(name="sarif", module="sarif", default_file="flowcheck.sarif",
           description="SARIF 2.1.0 for code scanning: failures and unknowns; waived ones too with --verbose"),
    Format(name="junit", module="junit", default_file="flowcheck.xml",
           description="JUnit XML for Jenkins, GitLab and others: every verdict as a test case"),
    Format(name="markdown", module="markdown", default_file="flowcheck.md",
           description="a pull-request comment: what changes first, details folded, at most 65,536 characters"),
    Format(name="github", module="github", default_file="flowcheck.annotations",
           description="annotations of GitHub Actions, at most ten of each level"),
    Format(name="github-summary", module="github_summary", default_file="flowcheck-summary.md",
           description="Markdown for $GITHUB_STEP_SUMMARY, at most 1 MiB"),
    Format(name="gitlab", module="gitlab", default_file="gl-code-quality-report.json",
           description="code quality report of GitLab: failures and unknowns"),
    Format(name="html", module="html", default_file="flowcheck.html", assessment=True,
           description="one page for people and auditors: search, coverage, controls, traffic; on screen and paper"),
    Format(name="csv", module="csv_rows", default_file="flowcheck.csv",
           description="one row per verdict, safe to open in a spreadsheet"),
    Format(name="xlsx", module="xlsx", default_file="flowcheck.xlsx", assessment=True, binary=True,
           needs="xlsxwriter=xlsx",
           description="a workbook with sheets for findings, controls, coverage, traffic and waivers; a file only"),
    Format(name="oscal", module="oscal", default_file="flowcheck.oscal.json", assessment=True,
           description="OSCAL 1.1.3 assessment results of NIST: observations, risks, findings for controls"),
    Format(name="ocsf", module="ocsf", default_file="flowcheck.ocsf.json",
           description="OCSF 1.5.0 compliance findings (class 2003) for data lakes and SIEMs"),
    Format(name="asff", module="asff", default_file="flowcheck.asff.json",
           description="findings for AWS Security Hub, of live accounts; --send security-hub imports them"),
)  # fmt: skip

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({each.name: each for each in _FORMATS})
"""Every format by name, in the order of the documentation."""
