"""Charts drawn by ourselves, as SVG without any style in them. Each has its numbers in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from checker.model.record import dataclass
from checker.report.html.markup import Html, text

_WIDTH: Final = 720
_HEIGHT: Final = 160
_LEFT: Final = 56
_BOTTOM: Final = 24
_TOP: Final = 12
_WIDEST: Final = 40
"""Of one bar, where there are few."""


_HATCH: Final = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2" height="6" class="hatch"/></pattern></defs>'
)
"""What stands for time without records. One chart of a page has it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a label of its own, and how high it is."""

    label: str
    value: int
    read: bool = True
    """False: nothing is known of it, which is not the same as none."""


def bars(found: Sequence[Bar], *, label: str, first: str, last: str) -> Html:
    """Return bars over time; ``first`` and ``last`` label the two ends of the axis."""
    most = max((each.value for each in found), default=0) or 1
    room = (_WIDTH - _LEFT) / max(len(found), 1)
    width = min(max(room * 0.8, 0.6), _WIDEST)
    drawn = []
    for at, each in enumerate(found):
        if not each.read:
            drawn.append(
                f'<rect x="{_LEFT + at * room:.2f}" y="{_TOP}" width="{room:.2f}" height="{_HEIGHT - _TOP - _BOTTOM}" '
                f'fill="url(#hatch)"><title>{text(f"{each.label}: nothing was read")}</title></rect>'
            )
        height = each.value / most * (_HEIGHT - _TOP - _BOTTOM)
        if each.value:
            x, y = _LEFT + at * room + (room - width) / 2, _HEIGHT - _BOTTOM - max(height, 1.5)
            drawn.append(
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{max(height, 1.5):.2f}" class="bar">'
                f"<title>{text(f'{each.label}: {each.value:,}')}</title></rect>"
            )
    return _frame([_HATCH, *drawn], most, label, first, last)


def line(found: Sequence[Bar], times: Sequence[datetime], *, label: str, first: str, last: str) -> Html:
    """Return a line over runs, a dot for each, as far apart as they were in time."""
    most = max((each.value for each in found), default=0) or 1
    begin = min(times)
    room, length = _WIDTH - _LEFT - 12, (max(times) - begin).total_seconds() or 1
    points = [
        (_LEFT + 6 + (time - begin).total_seconds() / length * room,
         _HEIGHT - _BOTTOM - each.value / most * (_HEIGHT - _TOP - _BOTTOM))
        for each, time in zip(found, times, strict=True)
    ]  # fmt: skip
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot">'
        f"<title>{text(f'{each.label}: {each.value:,}')}</title></circle>"
        for (x, y), each in zip(points, found, strict=True)
    ]
    return _frame([f'<polyline points="{path}" class="line"/>', *dots], most, label, first, last)


def _frame(drawn: Sequence[str], most: int, label: str, first: str, last: str) -> Html:
    base = _HEIGHT - _BOTTOM
    end = "" if first == last else f'<text x="{_WIDTH}" y="{_HEIGHT - 6}" text-anchor="end">{text(last)}</text>'
    axis = (
        f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_WIDTH}" y2="{_TOP}" class="grid"/>'
        f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH}" y2="{base}" class="axis"/>'
        f'<text x="{_LEFT - 8}" y="{_TOP + 4}" text-anchor="end">{most:,}</text>'
        f'<text x="{_LEFT - 8}" y="{base}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{text(first)}</text>'
        f"{end}"
    )
    return Html(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(label)}">'
        f"{axis}{''.join(drawn)}</svg>"
    )
