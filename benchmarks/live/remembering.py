"""Answers of moto, kept: an equal question is answered with the same bytes, at next to no cost.

moto computes its answers in one thread of Python and needs seconds for a large list, which real AWS does not. Where
programs are to be compared and not moto, both are run once to fill the memory, and measured after that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from tests.support.wire import Request

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Key = tuple[str, ...]

READING: Final = ("Describe", "Get", "List", "Head", "Search", "Lookup", "Batch", "Select")
"""How the names of calls begin whose answers are kept."""
CHANGING: Final = ("Create", "Delete", "Put", "Authorize", "Modify", "Attach", "Update")
"""How those begin after which all is forgotten."""


class Memory:
    """Answers by everything that was asked: all but date and signature."""

    def __init__(self) -> None:
        self.serving = False
        """Whether what is known is answered from here; otherwise moto answers, and it is only kept."""
        self.remembered = 0
        """How many answers came from here."""
        self._answers: dict[Key, tuple[str, list[tuple[str, str]], bytes]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request, environ: Environ, start: Start, moto: Application) -> Iterable[bytes]:
        """Answer from here where that is wanted and can be, else as moto does."""
        from werkzeug.test import run_wsgi_app

        if request.operation.startswith(CHANGING):
            self._answers.clear()
        if not request.operation.startswith(READING):
            return moto(environ, start)
        key = _key(request, environ)
        found = self._answers.get(key) if self.serving else None
        if found is None:
            body, status, headers = run_wsgi_app(moto, environ, buffered=True)
            found = self._answers[key] = (status, list(headers), b"".join(body))
        else:
            with self._lock:
                self.remembered += 1
        start(found[0], found[1])
        return [found[2]]


def _key(request: Request, environ: Environ) -> Key:
    asked = (request.service, request.operation, request.region, request.access_key)
    body = request.body.decode("latin-1")
    return (request.method, str(environ.get("HTTP_HOST")), request.path, *asked, body)
