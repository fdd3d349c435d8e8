"""GitLab: notes of a merge request. Source: GitLab REST API, "Notes" and "Users"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

from checker.errors import PostError
from checker.posting.api import Api
from checker.posting.comment import Comment
from checker.posting.place import Place

COMMENT: Final = 1_000_000


def api_of(place: Place, pause: Callable[[float], None]) -> Api:
    """Return the API with the place's token."""
    return Api(place.api, {"PRIVATE-TOKEN": str(place.token), "User-Agent": "flowcheck"}, pause)


class GitLab:
    """The notes of one merge request."""

    limit = COMMENT

    def __init__(self, api: Api, place: Place) -> None:
        self._api = api
        self._notes = f"/projects/{quote(place.project, safe='')}/merge_requests/{place.number}/notes"

    def comments(self) -> Iterator[Comment]:
        """Yield all notes; ours are those of the token's user, the only ones that it may rewrite."""
        me = self._api.call("GET", "/user").data
        mine = me.get("id") if isinstance(me, dict) else None
        for each in self._api.pages(f"{self._notes}?per_page=100&sort=asc&order_by=created_at"):
            author = each.get("author") or {}
            yield _note(each, ours=mine is not None and author.get("id") == mine and not each.get("system"))

    def create(self, body: str) -> Comment:
        """Make a note."""
        return _note(self._api.call("POST", self._notes, {"body": body}).data, ours=True)

    def update(self, comment: Comment, body: str) -> Comment:
        """Rewrite a note."""
        return _note(self._api.call("PUT", f"{self._notes}/{comment.id}", {"body": body}).data, ours=True)

    def delete(self, comment: Comment) -> None:
        """Take a note away."""
        self._api.call("DELETE", f"{self._notes}/{comment.id}")


def _note(data: Any, *, ours: bool) -> Comment:
    if not isinstance(data, dict) or not isinstance(data.get("id"), int):
        raise PostError("GitLab answered with something that is no note", hint="Check CI_API_V4_URL.")
    return Comment(data["id"], str(data.get("body") or ""), "", ours)
