"""One comment per name, whatever else stands there and whatever the platform does."""

from __future__ import annotations

import socket

import pytest

from checker.errors import PostError
from checker.model.record import replace
from checker.posting import github
from checker.posting.api import MOST_PAGES, RefusedError
from checker.posting.comment import post
from checker.posting.page import marker
from checker.posting.place import GITHUB, GITLAB, place_of
from tests.integrations.platform import LIMIT, Fault, Token, serve
from tests.posting.conftest import OTHER, ROBOT, Side

BODY = f"{marker('infra/prod')}\n\nfirst\n"


def posted(side: Side, body: str = BODY) -> str:
    return post(side.client, body, side.pauses.append)[1]


def test_the_first_post_creates_and_the_next_rewrites(side: Side) -> None:
    assert posted(side) == "created"
    assert posted(side, BODY.replace("first", "second")) == "updated"
    assert side.bodies() == [BODY.replace("first", "second")]
    assert side.server.problems == []


def test_ours_is_found_behind_several_pages_of_others(side: Side) -> None:
    for number in range(230):
        side.server.add(f"comment {number}", OTHER, side.on)
    assert posted(side) == "created"
    assert posted(side) == "updated"
    pages = [path for method, path, _ in side.server.requests if method == "GET" and "per_page=100" in path]
    assert len(pages) == 6, "three pages for each post"


@pytest.mark.parametrize(
    "body",
    [
        f"> {BODY}",
        f"look: {BODY}",
        BODY.replace("infra/prod", "infra/dev"),
        BODY.replace(" -->", "/more -->"),
        BODY.replace("<!-- flowcheck:infra/prod -->", "<!-- flowcheck -->"),
    ],
    ids=["quoted", "within a line", "another name", "a longer name", "no name"],
)
def test_what_only_looks_like_ours_stays_as_it_is(side: Side, body: str) -> None:
    side.server.add(body, ROBOT, side.on)
    assert posted(side) == "created"
    assert side.bodies() == [body, BODY]


def test_a_copied_marker_gets_nobody_the_verdict_rewritten(side: Side) -> None:
    side.server.add(BODY, OTHER, side.on)
    assert posted(side) == "created"
    assert posted(side, BODY.replace("first", "second")) == "updated"
    assert side.bodies() == [BODY, BODY.replace("first", "second")]


def test_comments_on_other_pull_requests_are_not_looked_at(side: Side) -> None:
    side.server.add(BODY, ROBOT, (side.place.project, "8"))
    assert posted(side) == "created"


def test_of_two_that_were_made_at_the_same_time_the_oldest_stays(side: Side) -> None:
    for _ in range(3):
        side.server.add(BODY, ROBOT, side.on)
    assert posted(side, BODY.replace("first", "second")) == "updated"
    assert list(side.server.comments) == [1000]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_busy_platform_is_asked_again_when_it_says(side: Side, method: str) -> None:
    side.server.faults += [Fault(429, {"Retry-After": "7"}, method), Fault(429, {}, method)]
    assert posted(side) == "created"
    assert side.bodies() == [BODY]
    assert side.pauses == [7.0, 4.0]


def test_a_time_of_day_is_held_against_the_platforms_own_clock(side: Side) -> None:
    headers = {"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 10:00:42 GMT"}
    side.server.faults.append(Fault(503, headers))
    assert posted(side) == "created"
    assert side.pauses == [42.0]


def test_a_rate_limit_that_is_told_as_forbidden_is_waited_for(side: Side) -> None:
    headers = {"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795255230"}
    side.server.faults.append(Fault(403, headers))
    assert posted(side) == "created"
    assert side.pauses == [30.0]


def test_nobody_waits_for_an_hour(side: Side) -> None:
    side.server.faults.append(Fault(429, {"Retry-After": "3600"}))
    with pytest.raises(PostError, match="too many requests") as caught:
        posted(side)
    assert side.pauses == []
    assert caught.value.hint == "It asks to wait 3,600 s; run the job again later."


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_comment_of_unknown_fate_is_looked_for_before_another_is_made(side: Side, status: int) -> None:
    side.server.faults.append(Fault(status, {}, "POST", done=True))
    assert posted(side) == "updated"
    assert side.bodies() == [BODY], "it was made, and is not made again"


def test_a_platform_that_stays_broken_is_an_error(side: Side) -> None:
    side.server.faults += [Fault(502, {}, "POST") for _ in range(3)]
    with pytest.raises(PostError, match="HTTP 502"):
        posted(side)
    assert side.bodies() == []
    side.server.faults += [Fault(500) for _ in range(4)]
    with pytest.raises(PostError, match="HTTP 500"):
        posted(side)


def test_a_platform_that_is_not_there_is_an_error_without_the_token(side: Side) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = replace(side.place, api=f"http://127.0.0.1:{taken.getsockname()[1]}")
        api = github.api_of(place, side.pauses.append)
        with pytest.raises(PostError, match="cannot be reached") as caught:
            api.call("GET", "/user")
    assert ROBOT.value not in str(caught.value)
    assert ROBOT.value not in repr(place)


def test_a_refusal_is_told_in_the_platforms_words(side: Side) -> None:
    side.server.tokens[0].writes = False
    with pytest.raises(RefusedError, match=r"HTTP 403: (Resource not accessible|insufficient_scope)"):
        posted(side)


def test_a_wrong_token_is_a_refusal(side: Side) -> None:
    side.server.tokens.clear()
    with pytest.raises(RefusedError, match="HTTP 401"):
        posted(side)


def test_a_redirect_is_not_followed_with_the_token(side: Side) -> None:
    side.server.faults.append(Fault(302, {"Location": f"{side.server.url}/elsewhere"}))
    with pytest.raises(RefusedError, match="HTTP 302"):
        posted(side)
    assert len(side.server.requests) == 1


def test_a_next_page_on_another_machine_is_asked_of_this_one(side: Side) -> None:
    side.server.faults += [
        Fault(200, {"Link": '<http://127.0.0.1:1/steal?page=2>; rel="next"'}, "GET", body=[]),
        Fault(200, {"Link": '<http://127.0.0.1:1/steal>; rel="next"'}, "GET", body=[]),
    ]
    assert list(side.api.pages("/comments")) == []
    assert [path.partition("/comments")[2] for _, path, _ in side.server.requests] == ["", "?page=2"]


@pytest.mark.parametrize("body", [{"message": "a fault"}, None, "words"])
def test_what_is_no_list_is_not_taken_for_an_empty_one(side: Side, body: object) -> None:
    side.server.faults += [Fault(200, {}, "GET", body=body)] * 4  # who asks, then the comments
    with pytest.raises(PostError, match="something that is no list"):
        posted(side)
    assert not side.server.comments, "no second comment beside one that was not seen"


def test_pages_without_an_end_are_an_error(side: Side) -> None:
    links = (f'<{side.server.url}/again?page={number}>; rel="next"' for number in range(2, MOST_PAGES + 2))
    side.server.faults += [Fault(200, {"Link": link}, "GET", body=[]) for link in links]
    with pytest.raises(PostError, match="more than 100 pages"):
        list(side.api.pages("/again"))


def test_the_clients_know_the_platforms_limits(side: Side) -> None:
    assert side.client.limit == LIMIT[side.place.platform]


def test_a_workflows_token_takes_bots_comments_for_its_own() -> None:
    workflow = Token("w0rkflow", "github-actions[bot]", user=False)
    with serve(GITHUB, workflow) as server:
        server.add(BODY, OTHER, ("acme/network", "7"))
        variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": workflow.value}
        place = place_of(variables, platform=GITHUB, project="acme/network", number=7)
        client = github.GitHub(github.api_of(place, lambda _: None), place)
        assert post(client, BODY, lambda _: None)[1] == "created"
        assert post(client, BODY, lambda _: None)[1] == "updated"
        assert len(server.of(7)) == 2


def test_gitlab_is_named_by_path_or_number() -> None:
    place = place_of({}, platform=GITLAB, project="acme/net work", number=7)
    assert place.api == "https://gitlab.com/api/v4"
    assert place.project == "acme/net work"
