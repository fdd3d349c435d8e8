"""What a format may be told beside the report. Nothing here is read from the environment or the terminal."""

from __future__ import annotations

from checker.model.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a format may say. Whatever a limit cuts off is counted in the same output."""

    table_fixes: int = 3
    """Fixes that the table prints as code without ``verbose``."""
    table_evidence: int = 5
    """Pieces of evidence per finding that table and Markdown print without ``verbose``."""
    markdown_bytes: int = 65_536
    """A comment on GitHub: 65,536 characters. Counted in UTF-8 bytes, which are never fewer."""
    summary_bytes: int = 1_048_576
    """The summary of a GitHub Actions step: 1 MiB; a larger one is not shown at all."""
    annotations: int = 10
    """Annotations of each level that GitHub Actions shows per step."""
    sarif_results: int = 25_000
    """Results per run that GitHub code scanning accepts."""
    sarif_locations: int = 1_000
    """Locations per result that GitHub code scanning accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """How a report is to look."""

    color: bool = False
    """ANSI colours; never the only carrier of a meaning."""
    width: int = 80
    """Columns of the terminal."""
    verbose: bool = False
    """Passes with their evidence, and every fix."""
    source_root: str | None = None
    """The working folder as seen from the root of the repository (``infra/prod``), for formats whose platform
    looks paths up from there: SARIF, GitHub annotations, GitLab. None: they are the same."""
    frameworks: tuple[tuple[str, str | None], ...] = ()
    """Name and version of the frameworks whose controls table and Markdown show; version None for all of them."""
    limits: Limits = field(default_factory=Limits)
