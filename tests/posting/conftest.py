"""Platforms that keep state, and a place on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from checker.posting import github, gitlab
from checker.posting.api import Api
from checker.posting.comment import Platform as Client
from checker.posting.place import GITHUB, GITLAB, Place
from tests.integrations.platform import Platform, Token, serve

ROBOT = Token("s3cr3t-t0k3n", "robot")
OTHER = Token("0ther", "somebody")
NUMBER = 7


@dataclass
class Side:
    """One platform, and our client of it."""

    server: Platform
    place: Place
    api: Api
    client: Client
    pauses: list[float] = field(default_factory=list)

    @property
    def on(self) -> tuple[str, str]:
        """Project and number of the pull request."""
        return self.place.project, str(NUMBER)

    def bodies(self) -> list[str]:
        """The comments that stand there."""
        return [each["body"] for each in self.server.of(NUMBER)]


@pytest.fixture(params=[GITHUB, GITLAB])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Each platform in turn."""
    kind = request.param
    with serve(kind, ROBOT, OTHER) as server:
        place = Place(
            platform=kind,
            api=server.url,
            project="acme/network",
            number=NUMBER,
            commit="c" * 40,
            scanned="d" * 40,
            ref="refs/pull/7/merge",
            run_url="",
            token=ROBOT.value,
        )
        made = Side(server, place, None, None)  # type: ignore[arg-type]
        module = github if kind == GITHUB else gitlab
        made.api = module.api_of(place, made.pauses.append)
        made.client = (github.GitHub if kind == GITHUB else gitlab.GitLab)(made.api, place)
        yield made
