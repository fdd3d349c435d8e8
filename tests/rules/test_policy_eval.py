from __future__ import annotations

import pytest

from checker.model.known import Unknown
from checker.rules._policy_eval import Request, condition, decide, title
from tests.rules.build import document, statement

X = Unknown("var.x")
SERVICE = ("Service", "delivery.logs.amazonaws.com")
PUT = Request(principal=SERVICE, action="s3:PutObject", resource="arn:aws:s3:::b/k", context={})

CONDITIONS = [
    ("StringEquals", ("a",), ("a",), True),
    ("StringEquals", ("b", "a"), ("a",), True),
    ("StringEquals", ("A",), ("a",), False),
    ("StringEquals", ("a*",), ("ab",), False),
    ("StringEquals", (X,), ("a",), None),
    ("StringEquals", (X, "a"), ("a",), True),
    ("StringEquals", ("a",), None, None),
    ("StringEquals", ("a",), (), False),
    ("StringEqualsIfExists", ("a",), (), True),
    ("StringEqualsIfExists", ("a",), ("b",), False),
    ("StringEqualsIgnoreCase", ("A",), ("a",), True),
    ("StringNotEquals", ("a",), ("b",), True),
    ("StringNotEquals", ("a", "b"), ("b",), False),
    ("StringNotEquals", ("a",), (), True),
    ("StringNotEquals", (X,), ("b",), None),
    ("StringLike", ("a*",), ("ab",), True),
    ("StringNotLike", ("a*",), ("ab",), False),
    ("ArnLike", ("arn:aws:logs:*:1:*",), ("arn:aws:logs:eu-west-1:1:⟦d⟧",), True),
    ("ArnLike", ("arn:aws:logs:*:1:x",), ("arn:aws:logs:eu-west-1:1:⟦d⟧",), None),
    ("ArnEquals", ("arn:aws:logs:*:2:*",), ("arn:aws:logs:eu-west-1:1:⟦d⟧",), False),
    ("ArnNotLike", ("arn:aws:logs:*:2:*",), ("arn:aws:logs:eu-west-1:1:⟦d⟧",), True),
    ("Bool", ("true",), ("true",), True),
    ("Bool", ("False",), ("false",), True),
    ("Bool", ("true",), (), False),
    ("BoolIfExists", ("true",), (), True),
    ("Null", ("true",), (), True),
    ("Null", ("false",), ("a",), True),
    ("Null", ("true",), ("a",), False),
    ("NumericLessThan", ("1.2",), ("1.2",), False),
    ("NumericGreaterThanEquals", ("1.2",), ("1.2",), True),
    ("NumericLessThan", ("soon",), ("1.2",), None),
    ("DateLessThan", ("2026-01-01",), ("x",), None),
    ("ForAnyValue:StringEquals", ("a",), ("b", "a"), True),
    ("ForAllValues:StringEquals", ("a",), ("b", "a"), False),
    ("ForAllValues:StringEquals", ("a",), (), True),
]


@pytest.mark.parametrize(("operator", "wanted", "given", "answer"), CONDITIONS)
def test_conditions(operator, wanted, given, answer):
    assert condition(operator, wanted, given) is answer


def allow(actions="s3:PutObject", resources="*", **over):
    over.setdefault("principals", (SERVICE,))
    return statement(actions, resources, **over)


def deny(actions="s3:PutObject", resources="*", **over):
    return allow(actions, resources, effect="Deny", **over)


UNSURE = {"StringEquals": {"aws:RequestedRegion": ("eu-west-1",)}}
DECISIONS = {
    "nothing": ([], False),
    "allowed": ([allow()], True),
    "action in another case": ([allow("S3:putobject")], True),
    "action by star": ([allow("s3:Put*")], True),
    "another action": ([allow("s3:PutObjectAcl")], False),
    "not this action": ([allow((), not_actions=("s3:Get*",))], True),
    "all but this action": ([allow((), not_actions=("s3:Put*",))], False),
    "another resource": ([allow(resources="arn:aws:s3:::b")], False),
    "all but this resource": ([allow(resources=(), not_resources=("arn:aws:s3:::b/*",))], False),
    "another principal": ([allow(principals=(("Service", "ec2.amazonaws.com"),))], False),
    "an account is no service": ([allow(principals=(("AWS", "arn:aws:iam::1:root"),))], False),
    "everybody": ([allow(principals=(("*", "*"),))], True),
    "everybody in AWS's words": ([allow(principals=(("AWS", "*"),))], True),
    "principal not known": ([allow(principals=(("Service", X),))], None),
    "account not known is no service": ([allow(principals=(("AWS", Unknown("x", symbol="⟦a⟧")),))], False),
    "no principal": ([allow(principals=())], False),
    "all but this principal": ([allow(principals=(), not_principals=(SERVICE,))], False),
    "denied": ([allow(), deny()], False),
    "deny first": ([deny(), allow()], False),
    "deny for others": ([allow(), deny(principals=(("Service", "ec2.amazonaws.com"),))], True),
    "maybe denied": ([allow(), deny(conditions=UNSURE)], None),
    "maybe allowed": ([allow(conditions=UNSURE)], None),
    "maybe allowed beside allowed": ([allow(conditions=UNSURE), allow()], True),
    "maybe allowed beside denied": ([allow(conditions=UNSURE), deny()], False),
    "effect not known": ([allow(effect=X)], None),
    "effect not known beside allowed": ([allow(effect=X), allow()], None),
    "conditions not known": ([allow(conditions=X)], None),
    "statement not known": ([X], None),
    "statement not known beside denied": ([X, deny()], False),
    "action not known": ([allow((X,))], None),
}


@pytest.mark.parametrize(("statements", "answer"), DECISIONS.values(), ids=DECISIONS.keys())
def test_decisions(statements, answer):
    assert decide([document(*statements)], PUT).allowed is answer


def test_policies_of_one_side_are_taken_together():
    assert decide([document(allow()), document(deny())], PUT).allowed is False
    assert decide([document(allow()), X], PUT).allowed is None
    assert "var.x" in decide([X], PUT).unsure


TITLES = [
    ("Write", "Allow", "the Allow statement 'Write'"),
    ("", "Allow", "an Allow statement"),
    (None, "Deny", "a Deny statement"),
    (X, "Allow", "an Allow statement"),
    ("Write", X, "the statement 'Write'"),
    (None, X, "an unnamed statement"),
]


@pytest.mark.parametrize(("sid", "effect", "said"), TITLES)
def test_a_statement_is_named_by_what_it_has(sid, effect, said):
    assert title(statement("s3:*", sid=sid, effect=effect)) == said
