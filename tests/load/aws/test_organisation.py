"""Which accounts of an organisation are read: by id, unit and tag, with as few questions as will do."""

from __future__ import annotations

from typing import Any

import pytest

from checker.errors import InputError, UsageError
from checker.load.aws.call import Failure, Reply
from checker.load.aws.organisation import check_words, choose, request
from tests.load.aws.made import AT

ONE, TWO, THREE, CLOSED = "111111111111", "222222222222", "333333333333", "444444444444"
PARENTS = {ONE: "r-1", TWO: "ou-prod", THREE: "ou-deep", "ou-deep": "ou-prod", "ou-prod": "r-1", CLOSED: "ou-prod"}
TAGS = {TWO: {"env": "prod"}, THREE: {"env": "dev", "team": "net"}}


class Organisation:
    def __init__(self, *, denied: str = "", paths: bool = False, state: str = "State") -> None:
        self.denied = denied
        self.paths = paths
        self.state = state
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, operation: str, resource: str | None) -> Reply:
        self.asked.append((operation, resource))
        asked = request(ONE, operation, resource)
        if operation == self.denied:
            failure = Failure(code="AccessDeniedException", message="You don't have permissions")
            return Reply(request=asked, response=None, failure=failure, requested_at=AT)
        return Reply(request=asked, response=self.answer(operation, resource or ""), failure=None, requested_at=AT)

    def answer(self, operation: str, resource: str) -> dict[str, Any]:
        if operation == "ListAccounts":
            return {"Accounts": [self.row(each) for each in (THREE, CLOSED, ONE, TWO)]}
        if operation == "ListParents":
            return {"Parents": [{"Id": PARENTS[resource]}]}
        return {"Tags": [{"Key": key, "Value": value} for key, value in TAGS.get(resource, {}).items()]}

    def row(self, account: str) -> dict[str, Any]:
        above, at = [], account
        while at in PARENTS:
            at = PARENTS[at]
            above.insert(0, at)
        paths = {"Paths": [f"o-1/{'/'.join(above)}/{account}/"]} if self.paths else {}
        return {"Id": account, self.state: "SUSPENDED" if account == CLOSED else "ACTIVE", **paths}


@pytest.mark.parametrize(
    ("include", "exclude", "accounts"),
    [
        ((), (), (ONE, TWO, THREE)),
        ((TWO,), (), (TWO,)),
        (("r-1",), (), (ONE, TWO, THREE)),
        (("ou-prod",), (), (TWO, THREE)),
        (("ou-deep",), (), (THREE,)),
        (("tag:env=prod",), (), (TWO,)),
        (("tag:env=prod", "tag:team=net"), (), (TWO, THREE)),
        ((), ("ou-deep",), (ONE, TWO)),
        (("ou-prod",), (THREE,), (TWO,)),
        ((), (ONE, "tag:env=dev"), (TWO,)),
    ],
)
@pytest.mark.parametrize("paths", [False, True], ids=["parents", "paths"])
def test_accounts_are_chosen(
    include: tuple[str, ...], exclude: tuple[str, ...], accounts: tuple[str, ...], paths: bool
) -> None:
    assert choose(Organisation(paths=paths), include, exclude).accounts == accounts


@pytest.mark.parametrize("state", ["State", "Status"])
@pytest.mark.parametrize(
    ("include", "exclude", "named"),
    [((), (), True), ((ONE,), (), False), (("ou-prod",), (), True), ((), (CLOSED,), False)],
)
def test_accounts_that_are_not_active_are_named_where_they_were_meant(
    include: tuple[str, ...], exclude: tuple[str, ...], named: bool, state: str
) -> None:
    said = (f"account {CLOSED} is SUSPENDED: not read",)
    assert choose(Organisation(state=state), include, exclude).passed_over == (said if named else ())


@pytest.mark.parametrize(
    ("include", "asked"),
    [
        ((), []),
        ((TWO,), []),
        (("tag:env=prod",), [("ListTagsForResource", each) for each in (ONE, TWO, THREE, CLOSED)]),
        (("ou-deep",), [("ListParents", each) for each in (ONE, TWO, "ou-prod", THREE, "ou-deep", CLOSED)]),
        ((TWO, "tag:env=prod"), [("ListTagsForResource", each) for each in (ONE, THREE, CLOSED)]),
    ],
)
def test_only_what_a_word_needs_is_asked_and_once(include: tuple[str, ...], asked: list[tuple[str, str]]) -> None:
    organisation = Organisation()
    choose(organisation, include, ())
    assert organisation.asked == [("ListAccounts", None), *asked]


def test_units_are_not_asked_for_where_the_listing_tells_them() -> None:
    organisation = Organisation(paths=True)
    choose(organisation, ("ou-prod",), ())
    assert organisation.asked == [("ListAccounts", None)]


@pytest.mark.parametrize(
    ("denied", "include", "why"),
    [
        ("ListAccounts", (), "the organisation cannot be listed: AccessDeniedException"),
        ("ListParents", ("ou-prod",), "organizations:ListParents for 111111111111: AccessDeniedException"),
        ("ListTagsForResource", ("tag:a=b",), "organizations:ListTagsForResource"),
    ],
)
def test_a_choice_that_cannot_be_made_is_not_guessed(denied: str, include: tuple[str, ...], why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        choose(Organisation(denied=denied), include, ())
    assert caught.value.hint


@pytest.mark.parametrize(
    ("include", "exclude", "why"),
    [
        (("999999999999",), (), "999999999999: not in the organisation"),
        ((), ("r-1",), "leave no active account"),
        ((CLOSED,), (), "leave no active account"),
    ],
)
def test_words_that_leave_nothing_are_wrong(include: tuple[str, ...], exclude: tuple[str, ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        choose(Organisation(), include, exclude)


@pytest.mark.parametrize("word", [ONE, "ou-abcd-11111111", "r-abcd", "tag:env=prod", "tag:a=b=c", "tag:empty="])
def test_words_that_can_choose_are_taken(word: str) -> None:
    check_words([word], "--include")


@pytest.mark.parametrize("word", ["1234", "prod", "tag:env", "env=prod", "arn:aws:iam::111111111111:root", ""])
def test_words_that_cannot_choose_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="neither an account"):
        check_words([word], "--include")
