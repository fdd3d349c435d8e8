from __future__ import annotations

import json

import pytest

from checker.model.identity import PolicyDocument, Statement
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import ACCOUNT, instance, model, ref, symbol, template

BUCKET = instance("aws_s3_bucket.b", {"bucket": "acme-logs"})
NEW = instance("aws_s3_bucket.b", {"bucket_prefix": "acme-"})


def policy(value, *others):
    found = model(instance("aws_s3_bucket_policy.p", {"bucket": "acme-logs", "policy": value}), *(others or (BUCKET,)))
    return found.buckets[0].policy


def document(name="d", **values):
    return instance(f"data.aws_iam_policy_document.{name}", values)


def test_json_text_with_single_values_and_with_lists_is_the_same():
    single = {
        "Effect": "Allow",
        "Principal": {"AWS": "1"},
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }
    listed = {
        "Effect": "Allow",
        "Principal": {"AWS": ["1"]},
        "Action": ["s3:*"],
        "Resource": ["*"],
        "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
    }
    one = policy(json.dumps({"Version": "2012-10-17", "Statement": single}))
    assert one == policy(json.dumps({"Statement": [listed]}))
    assert one == PolicyDocument(
        statements=(
            Statement(
                effect="Allow",
                principals=(("AWS", "1"),),
                actions=("s3:*",),
                resources=("*",),
                conditions={"Bool": {"aws:SecureTransport": ("false",)}},
            ),
        )
    )


def test_a_bare_star_is_a_principal_and_negated_elements_are_kept_apart():
    (found,) = policy(
        '{"Statement": {"Sid": "x", "Effect": "Deny", "Principal": "*", "NotAction": "a", "NotResource": ["b", "c"]}}'
    ).statements
    assert (found.sid, found.principals, found.actions) == ("x", (("*", "*"),), ())
    assert (found.not_actions, found.not_resources) == (("a",), ("b", "c"))


@pytest.mark.parametrize("text", ["{", "nonsense", "[]", "1"])
def test_text_that_is_no_policy_is_unknown_and_says_where(text):
    found = policy(text)
    assert isinstance(found, Unknown)
    assert "aws_s3_bucket_policy.p.policy" in found.reason


def test_parts_that_are_not_known_stay_inside_the_strings():
    text = template(
        '{"Statement": [{"Effect": "Allow", "Resource": "',
        ref("aws_s3_bucket.b.arn"),
        '/AWSLogs/*", "Action": "s3:\\"x"}]}',
    )
    (known,) = policy(text).statements
    assert known.resources == ("arn:aws:s3:::acme-logs/AWSLogs/*",)
    (new,) = policy_of_new(text).statements
    assert symbol(new.resources[0]) == "arn:aws:s3:::⟦aws_s3_bucket.b.bucket⟧/AWSLogs/*"
    assert new.actions == ('s3:"x',)


def policy_of_new(text):
    found = model(NEW, instance("aws_s3_bucket_policy.p", {"bucket": ref("aws_s3_bucket.b.id"), "policy": text}))
    return found.buckets[0].policy


def test_an_address_with_quotes_does_not_break_the_json():
    bucket = instance('aws_s3_bucket.b["a"]', {"bucket_prefix": "x"})
    text = template('{"Statement": {"Effect": "Allow", "Resource": "', ref('aws_s3_bucket.b["a"].arn'), '"}}')
    found = model(
        bucket, instance("aws_s3_bucket_policy.p", {"bucket": ref('aws_s3_bucket.b["a"].id'), "policy": text})
    ).buckets[0]
    assert symbol(found.policy.statements[0].resources[0]) == 'arn:aws:s3:::⟦aws_s3_bucket.b["a"].bucket⟧'


def test_a_part_outside_of_strings_may_be_a_list_so_it_has_no_symbol():
    (found,) = policy(template('{"Statement": {"Effect": "Allow", "Resource": ', Unknown("var.arns"), "}}")).statements
    assert found.resources == (Unknown("var.arns"),)
    (whole,) = policy(template('{"Statement": [', Unknown("var.statement"), "]}")).statements
    assert isinstance(whole, Unknown)


def test_a_policy_that_is_wholly_unknown_is_unknown():
    assert policy(Unknown("var.policy")).reason == "var.policy"
    assert isinstance(policy(ref("aws_s3_bucket_policy.elsewhere.policy")), Unknown)


def test_a_document_data_source_gives_the_same_policy_as_its_json():
    statement = {
        "sid": "Deliver",
        "actions": ["s3:PutObject"],
        "resources": [template(ref("aws_s3_bucket.b.arn"), "/*")],
        "principals": [{"type": "Service", "identifiers": ["delivery.logs.amazonaws.com"]}],
        "condition": [
            {
                "test": "StringEquals",
                "variable": "aws:SourceAccount",
                "values": [ref("data.aws_caller_identity.me.account_id")],
            }
        ],
    }
    found = policy(
        ref("data.aws_iam_policy_document.d.json"),
        BUCKET,
        document(statement=[statement]),
        instance("data.aws_caller_identity.me"),
    )
    assert found == policy(
        json.dumps(
            {
                "Statement": [
                    {
                        "Sid": "Deliver",
                        "Effect": "Allow",
                        "Action": "s3:PutObject",
                        "Resource": "arn:aws:s3:::acme-logs/*",
                        "Principal": {"Service": "delivery.logs.amazonaws.com"},
                        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    }
                ]
            }
        )
    )


def test_a_known_json_of_a_document_wins_over_its_blocks():
    ours = document(statement=[{"actions": ["a"]}], json='{"Statement": {"Effect": "Deny", "Action": "b"}}')
    (found,) = policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, ours).statements
    assert (found.effect, found.actions) == ("Deny", ("b",))


def test_source_documents_come_first_and_overrides_replace_by_sid():
    base = document(
        "base",
        statement=[{"sid": "a", "actions": ["base"]}, {"sid": "b", "actions": ["base"]}, {"actions": ["nameless"]}],
    )
    over = document("over", statement=[{"sid": "b", "effect": "Deny", "actions": ["over"]}, {"actions": ["more"]}])
    ours = document(
        statement=[{"sid": "a", "actions": ["own"]}],
        source_policy_documents=[ref("data.aws_iam_policy_document.base.json")],
        override_policy_documents=[ref("data.aws_iam_policy_document.over.json")],
    )
    found = policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, base, over, ours)
    assert [item.actions for item in found.statements] == [("own",), ("over",), ("nameless",), ("more",)]


def test_a_document_that_includes_itself_ends():
    ours = document(
        statement=[{"sid": "a", "actions": ["own"]}],
        source_policy_documents=[ref("data.aws_iam_policy_document.d.json")],
    )
    assert isinstance(policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, ours), PolicyDocument)


def test_an_unknown_source_document_is_an_unknown_statement_beside_known_ones():
    ours = document(statement=[{"actions": ["own"]}], source_policy_documents=[Unknown("var.more")])
    first, second = policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, ours).statements
    assert isinstance(first, Unknown)
    assert second.actions == ("own",)


def test_unknown_blocks_leave_statements_and_conditions_unknown():
    ours = document(
        statement=[{"actions": Unknown("var.a"), "condition": Unknown("var.c"), "principals": Unknown("var.p")}]
    )
    (found,) = policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, ours).statements
    assert found.actions == (Unknown("var.a"),)
    assert isinstance(found.conditions, Unknown)
    assert isinstance(found.principals[0][1], Unknown)


def test_a_reference_to_another_policy_argument_is_followed():
    other = instance(
        "aws_s3_bucket_policy.first", {"bucket": "x", "policy": ref("data.aws_iam_policy_document.d.json")}
    )
    ours = document(statement=[{"actions": ["own"]}])
    assert policy(ref("aws_s3_bucket_policy.first.policy"), BUCKET, ours, other).statements[0].actions == ("own",)


def test_policy_variables_are_spelled_as_iam_spells_them():
    ours = document(statement=[{"actions": ["a"], "resources": ["arn:aws:s3:::b/&{aws:username}"]}])
    (found,) = policy(ref("data.aws_iam_policy_document.d.json"), BUCKET, ours).statements
    assert found.resources == ("arn:aws:s3:::b/${aws:username}",)
