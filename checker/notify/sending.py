"""How a sending may fail: known not to have arrived, or not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

TRIES: Final = 3
"""So often a message is tried that is known not to have arrived."""
_FIRST_PAUSE: Final = 1.0


class NotSentError(Exception):
    """The message is known not to have arrived; it may be sent again. The text never names the address."""

    def __init__(self, cause: str, *, again: bool = False) -> None:
        super().__init__(cause)
        self.again = again
        """Whether trying again at once may help."""


class InDoubtError(Exception):
    """Whether the message arrived is not known: it is not sent again."""


def tried(send: Callable[[], None], pause: Callable[[float], None]) -> None:
    """Send; after a failure that may pass, try again and again, ever later. Raises what the last try raised."""
    for seconds in _pauses():
        try:
            return send()
        except NotSentError as error:
            if not error.again or seconds is None:
                raise
            pause(seconds)
    return None


def _pauses() -> Iterator[float | None]:
    for number in range(TRIES):
        yield None if number == TRIES - 1 else _FIRST_PAUSE * 4**number
