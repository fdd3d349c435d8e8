"""The summary of a GitHub Actions step (``$GITHUB_STEP_SUMMARY``): the page of the comment with more room."""

from __future__ import annotations

from checker.model.finding import Report
from checker.report.markdown import write_page
from checker.report.options import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as Markdown of at most ``options.limits.summary_bytes``."""
    return write_page(report, options, limit=options.limits.summary_bytes)
