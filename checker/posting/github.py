"""GitHub: comments of a pull request, and code scanning.

Source: GitHub REST API, "Issue comments", "Code scanning: upload an analysis as SARIF data" (version 2022-11-28).
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator
from typing import Any, Final

from checker.errors import PostError
from checker.posting.api import Api, RefusedError
from checker.posting.comment import Comment
from checker.posting.place import Place

COMMENT: Final = 65_536
SARIF: Final = 10_000_000
"""Bytes of a compressed SARIF file; GitHub takes 10 MB."""
_LOOKS: Final = 15
_LOOK_SECONDS: Final = 2.0
_NO_USER: Final = (403, 404)


def api_of(place: Place, pause: Callable[[float], None]) -> Api:
    """Return the API with the place's token."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {place.token}",
        "User-Agent": "flowcheck",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Api(place.api, headers, pause)


class GitHub:
    """The comments of one pull request."""

    limit = COMMENT

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._comments = f"/repos/{place.project}/issues/{place.number}/comments"
        self._one = f"/repos/{place.project}/issues/comments"

    def comments(self) -> Iterator[Comment]:
        """Yield all comments; ours are those of the token's user, or of a bot where the token is no user's."""
        login = self._login()
        for each in self._api.pages(f"{self._comments}?per_page=100"):
            user = each.get("user") or {}
            ours = user.get("login") == login if login is not None else user.get("type") == "Bot"
            yield _comment(each, ours=ours)

    def create(self, body: str) -> Comment:
        """Make a comment."""
        return _comment(self._api.call("POST", self._comments, {"body": body}).data, ours=True)

    def update(self, comment: Comment, body: str) -> Comment:
        """Rewrite a comment."""
        return _comment(self._api.call("PATCH", f"{self._one}/{comment.id}", {"body": body}).data, ours=True)

    def delete(self, comment: Comment) -> None:
        """Take a comment away."""
        self._api.call("DELETE", f"{self._one}/{comment.id}")

    def _login(self) -> str | None:
        """Return the name of the token's user; None for the token of a workflow or an app, which is no user's."""
        try:
            found = self._api.call("GET", "/user").data
        except RefusedError as error:
            if error.status in _NO_USER:
                return None
            raise
        return str(found["login"]) if isinstance(found, dict) and found.get("login") else None


def _comment(data: Any, *, ours: bool) -> Comment:
    if not isinstance(data, dict) or not isinstance(data.get("id"), int):
        raise PostError("GitHub answered with something that is no comment", hint="Check GITHUB_API_URL.")
    return Comment(data["id"], str(data.get("body") or ""), str(data.get("html_url") or ""), ours)


def upload_sarif(api: Api, place: Place, sarif: bytes, pause: Callable[[float], None]) -> tuple[str, str]:
    """Hand a SARIF file to code scanning; return its id there, and ``complete`` or ``pending``.

    Raises RefusedError where code scanning takes none, PostError where the file is too large or was not understood.
    """
    packed = gzip.compress(sarif, mtime=0)
    if len(packed) > SARIF:
        raise PostError(f"the SARIF file has {len(packed):,} bytes compressed; GitHub takes {SARIF:,}")
    body = {
        "commit_sha": place.scanned,
        "ref": place.ref,
        "sarif": base64.b64encode(packed).decode("ascii"),
        "tool_name": "flowcheck",
    }
    path = f"/repos/{place.project}/code-scanning/sarifs"
    answer = api.call("POST", path, body, repeatable=True).data
    sarif_id = str(answer.get("id") or "") if isinstance(answer, dict) else ""
    if not sarif_id:
        raise PostError("GitHub took the SARIF file and told no id", hint="Check GITHUB_API_URL.")
    for _ in range(_LOOKS):
        found = api.call("GET", f"{path}/{sarif_id}").data or {}
        if found.get("processing_status") == "failed":
            raise PostError(f"code scanning did not understand the SARIF file: {found.get('errors')}")
        if found.get("processing_status") == "complete":
            return sarif_id, "complete"
        pause(_LOOK_SECONDS)
    return sarif_id, "pending"
