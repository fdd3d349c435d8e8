"""One comment per name: found by its marker among our own, made once, then rewritten in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from checker.errors import PostError
from checker.model.record import dataclass
from checker.posting.api import LONGEST_PAUSE, InDoubtError

TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that stands there."""

    id: int
    body: str
    url: str
    ours: bool
    """Whether we wrote it: a marker can be copied."""


class Platform(Protocol):
    """What a platform can do with the comments of one pull request."""

    limit: int
    """Characters of one comment."""

    def comments(self) -> Iterator[Comment]:
        """Yield all of them, the oldest first."""

    def create(self, body: str) -> Comment:
        """Make one; raises InDoubtError where nobody knows whether it was made."""

    def update(self, comment: Comment, body: str) -> Comment:
        """Rewrite one."""

    def delete(self, comment: Comment) -> None:
        """Take one away."""


def post(platform: Platform, body: str, pause: Callable[[float], None]) -> tuple[Comment, str]:
    """Make or rewrite our comment, whose first line is the marker; return it, and ``created`` or ``updated``.

    Two jobs at the same time may each have made one: the oldest stays, the others go. Raises what the platform raises.
    """
    marker = body.partition("\n")[0]
    for attempt in range(TRIES):
        mine = [each for each in platform.comments() if each.ours and _first_line(each.body) == marker]
        try:
            if not mine:
                return platform.create(body), "created"
            kept = platform.update(mine[0], body)
        except InDoubtError as error:
            if attempt == TRIES - 1 or error.pause > LONGEST_PAUSE:
                raise PostError(f"the comment could not be made: {error}", hint="Run the job again later.") from None
            pause(error.pause or 4.0**attempt)
            continue
        for extra in mine[1:]:
            platform.delete(extra)
        return kept, "updated"
    raise AssertionError("the last try returns or raises")


def _first_line(body: str) -> str:
    return body.partition("\n")[0].rstrip("\r")
