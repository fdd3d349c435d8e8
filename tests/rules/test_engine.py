from __future__ import annotations

import dataclasses
import json
import re

import pytest

from checker.model.finding import Change, Severity, Status
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.rules import RULES
from checker.rules._rule import Context, Rule
from checker.rules._say import fact, failed, not_applicable, passed, unknown
from checker.rules.engine import PlainSetting, default_settings, digest, judge, sort_key
from tests.rules.build import LATER, findings, flow_log, model, settings, vpc


def rule(check, subjects=lambda ctx: ctx.model.vpcs, **over) -> Rule:
    made = {"id": "XX001", "name": "x", "title": "x", "severity": Severity.HIGH, "why": "x"}
    return Rule(**{**made, **over}, subjects=subjects, check=check)


def fix(entity):
    return failed("no", [fact("no", entity)], {}, RULES_FIX)


RULES_FIX = next(
    each.remediation for each in judge(Loaded(after=model(vpc()))).findings if each.remediation is not None
)
ON = lambda _rule, _entity: PlainSetting(enabled=True, params={})  # noqa: E731


def by_tag(entity, _ctx, _params):
    """A rule whose verdict is written on its subject."""
    word = entity.tags["verdict"]
    if word == "fail":
        return fix(entity)
    made = {"pass": passed, "unknown": unknown, "not-applicable": not_applicable}[word]
    return made("x", [fact("x", entity)], {})


def said(word):
    return vpc(tags={"verdict": word})


P, F, U, N = "pass", "fail", "unknown", "not-applicable"
TABLE = [
    (P, P, None),
    (P, F, Change.REGRESSION),
    (P, U, Change.NEW),
    (P, N, None),
    (F, P, Change.FIXED),
    (F, F, Change.PRE_EXISTING),
    (F, U, Change.PRE_EXISTING),
    (U, P, None),
    (U, F, Change.NEW),
    (U, U, Change.PRE_EXISTING),
    (N, F, Change.NEW),
    (None, F, Change.NEW),
    (None, P, None),
    (None, U, Change.NEW),
]


@pytest.mark.parametrize(("before", "after", "change"), TABLE)
def test_change_compares_the_verdict_with_the_one_before(before, after, change):
    loaded = Loaded(before=model(*([said(before)] if before else [])), after=model(said(after)))
    (finding,) = judge(loaded, ON, rules=[rule(by_tag)]).findings
    assert finding.change is change


WORSE = [
    ({"coverage": "PARTIAL"}, {"coverage": "NONE"}, Change.REGRESSION),
    ({"coverage": "NONE"}, {"coverage": "PARTIAL"}, Change.PRE_EXISTING),
    ({"dark": ["a"]}, {"dark": ["a", "b"]}, Change.REGRESSION),
    ({"dark": ["a", "b"]}, {"dark": ["b"]}, Change.PRE_EXISTING),
    ({"recorded": ["REJECT"]}, {"recorded": []}, Change.REGRESSION),
    ({"recorded": ["REJECT"]}, {"recorded": ["REJECT"]}, Change.PRE_EXISTING),
    ({"defects": ["no key"]}, {"defects": ["no key", "30 days"]}, Change.REGRESSION),
    ({"defects": ["30 days"]}, {"defects": ["60 days"]}, Change.PRE_EXISTING),
    ({"severity": "low"}, {"severity": "high"}, Change.REGRESSION),
    ({"severity": "high"}, {"severity": "low"}, Change.PRE_EXISTING),
    ({"other": ["a"]}, {"other": ["a", "b"]}, Change.PRE_EXISTING),
]


@pytest.mark.parametrize(("before", "after", "change"), WORSE)
def test_a_failure_that_gets_worse_is_a_regression(before, after, change):
    facts = {"before": before, "after": after}

    def check(entity, _ctx, _params):
        said = facts[entity.tags["verdict"]]
        severity = Severity.parse(said["severity"]) if "severity" in said else None
        return failed("no", [fact("no", entity)], said, RULES_FIX, severity=severity)

    loaded = Loaded(before=model(said("before")), after=model(said("after")))
    (finding,) = judge(loaded, ON, rules=[rule(check)]).findings
    assert finding.change is change


def test_without_a_before_there_is_no_change():
    (finding,) = judge(Loaded(after=model(said(F))), ON, rules=[rule(by_tag)]).findings
    assert finding.change is None


def broken(_entity, _ctx, _params):
    raise KeyError("boom")


def test_a_rule_that_raises_becomes_unknown_and_is_named():
    verdict = judge(Loaded(after=model(vpc())), ON, rules=[rule(broken), rule(by_tag, lambda ctx: (), id="XX002")])
    (finding,) = verdict.findings
    assert finding.status is Status.UNKNOWN
    assert "XX001" in finding.message
    assert len(verdict.crashed) == 1
    assert "KeyError" in verdict.crashed[0] and "XX001" in verdict.crashed[0]


def test_the_words_of_an_exception_are_never_shown():
    def check(entity, _ctx, _params):
        raise ValueError(f"cannot read {entity.tags['password']}")

    verdict = judge(Loaded(after=model(vpc(tags={"password": "hunter2"}))), ON, rules=[rule(check)])
    assert "hunter2" not in repr(verdict)
    assert re.fullmatch(r"XX001 x: ValueError in check \(test_engine\.py:\d+\)", verdict.crashed[0])


def rated(**over):
    return lambda _rule, _entity: PlainSetting(enabled=True, params={}, **over)


RATINGS = [
    ({"or_severity": (Severity.CRITICAL,), "or_why": "selector 1"}, F, "fail", Severity.CRITICAL),
    ({"or_severity": (Severity.LOW,), "or_why": "selector 1"}, F, "fail", Severity.HIGH),
    ({"severity": Severity.LOW, "or_severity": (None,), "or_why": "selector 1"}, F, "fail", Severity.HIGH),
    ({"severity": Severity.LOW}, F, "fail", Severity.LOW),
    ({"or_severity": (Severity.CRITICAL,), "or_why": "selector 1"}, P, "pass", Severity.CRITICAL),
]


@pytest.mark.parametrize(("given", "word", "status", "severity"), RATINGS)
def test_of_severities_that_may_hold_the_highest_does_and_a_failure_says_so(given, word, status, severity):
    (finding,) = judge(Loaded(after=model(said(word))), rated(**given), rules=[rule(by_tag)]).findings
    assert (finding.status, finding.severity) == (status, severity)
    unsure = [each.statement for each in finding.evidence if each.statement.endswith("may hold: selector 1")]
    assert bool(unsure) == (word == F and "or_why" in given)


def test_a_rule_switched_off_for_one_subject_says_by_what():
    def setting(_rule, entity):
        off = entity.key == "aws_vpc.a"
        return PlainSetting(enabled=not off, params={}, off_by="selector 2 of policy x" if off else None)

    network = model(said(F), vpc("aws_vpc.b", tags={"verdict": F}))
    found = {
        each.resource.address: each for each in judge(Loaded(after=network), setting, rules=[rule(by_tag)]).findings
    }
    assert {key: each.status for key, each in found.items()} == {"aws_vpc.a": "not-applicable", "aws_vpc.b": "fail"}
    assert "selector 2 of policy x" in found["aws_vpc.a"].message


def test_a_rule_that_raises_does_not_hide_the_others():
    rules = [rule(broken), rule(by_tag, id="XX002")]
    verdict = judge(Loaded(after=model(said(F))), ON, rules=rules)
    assert {each.rule_id: each.status for each in verdict.findings} == {"XX001": "unknown", "XX002": "fail"}


def test_subjects_that_raise_are_reported_too():
    def subjects(_ctx):
        raise TypeError("boom")
        yield

    verdict = judge(Loaded(after=model(vpc())), ON, rules=[rule(by_tag, subjects)])
    assert verdict.findings == ()
    assert "TypeError" in verdict.crashed[0]


def test_a_crash_before_the_plan_counts():
    def only_before(entity, ctx, _params):
        if not ctx.changes and entity.tags.get("old"):
            raise ValueError("boom")
        return by_tag(entity, ctx, _params)

    loaded = Loaded(before=model(vpc(tags={"old": "1"})), after=model(said(P)))
    verdict = judge(loaded, ON, rules=[rule(only_before)])
    assert [each.status for each in verdict.findings] == [Status.PASS]
    assert verdict.crashed


def test_a_switched_off_rule_says_nothing_and_demands_nothing():
    seen = []

    def look(entity, ctx: Context, _params):
        seen.append(ctx.params_for("XX002", entity))
        return by_tag(entity, ctx, _params)

    def off(rule_id, _entity):
        return PlainSetting(enabled=rule_id == "XX001", params={"a": 1})

    verdict = judge(Loaded(after=model(said(P))), off, rules=[rule(look), rule(broken, id="XX002")])
    assert [each.rule_id for each in verdict.findings] == ["XX001"]
    assert seen == [None]
    assert verdict.crashed == ()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("word", [P, F])
def test_settings_that_are_not_certain_make_no_verdict(enabled, word):
    def doubtful(_rule, _entity):
        return PlainSetting(enabled=enabled, params={}, uncertain="selector 1 could not be decided")

    (finding,) = judge(Loaded(after=model(said(word))), doubtful, rules=[rule(by_tag)]).findings
    assert finding.status is Status.UNKNOWN
    assert "selector 1" in finding.message


def test_what_may_not_exist_can_pass_but_not_fail():
    ghost = dataclasses.replace(said(F), exists=Unknown("var.on"))
    (finding,) = judge(Loaded(after=model(ghost)), ON, rules=[rule(by_tag)]).findings
    assert finding.status is Status.UNKNOWN
    ghost = dataclasses.replace(said(P), exists=Unknown("var.on"))
    (finding,) = judge(Loaded(after=model(ghost)), ON, rules=[rule(by_tag)]).findings
    assert finding.status is Status.PASS


@pytest.mark.parametrize(
    ("entity", "wanted"),
    [
        (vpc("module.net.aws_vpc.this[0]"), "FL001:root:module.net.aws_vpc.this[0]"),
        (vpc("envs/prod::aws_vpc.a", root="envs/prod"), "FL001:envs/prod:envs/prod::aws_vpc.a"),
    ],
)
def test_the_id_is_made_of_rule_root_and_subject(entity, wanted):
    found = [each.id for each in judge(Loaded(after=model(entity))).findings if each.rule_id == "FL001"]
    assert found == [wanted]


def test_the_digest_depends_on_facts_only():
    assert digest({"a": [1, None], "b": "ü"}) == digest({"b": "ü", "a": [1, None]})
    assert digest({"a": 1}) != digest({"a": 2})
    assert len(digest({})) == 16


def test_findings_are_sorted_by_what_matters():
    words = [("aws_vpc.a[10]", F), ("aws_vpc.a[2]", F), ("aws_vpc.p", P), ("aws_vpc.u", U)]
    network = model(*(vpc(address, tags={"verdict": word}) for address, word in words))
    low = rule(by_tag, id="XX000", severity=Severity.LOW)
    found = judge(Loaded(after=network), ON, rules=[low, rule(by_tag)]).findings
    shown = [(each.status.value, each.rule_id, each.resource.address) for each in found[:4]]
    assert shown == [
        ("fail", "XX001", "aws_vpc.a[2]"),
        ("fail", "XX001", "aws_vpc.a[10]"),
        ("fail", "XX000", "aws_vpc.a[2]"),
        ("fail", "XX000", "aws_vpc.a[10]"),
    ]
    assert [each.status.value for each in found[4:]] == ["unknown"] * 2 + ["pass"] * 2
    assert list(found) == sorted(found, key=sort_key)


def test_two_runs_give_the_same():
    network = model(vpc(), vpc("aws_vpc.b"), flow_log(), flow_log("aws_flow_log.b", Unknown("x")))
    assert judge(Loaded(after=network), settings()) == judge(Loaded(after=network), settings())


def test_default_settings_are_the_rules_own():
    found = default_settings()
    assert {each.id for each in RULES if not found(each.id, vpc()).enabled} == {
        "FL004", "FL008", "FL010", "DS001", "DS002", "DS003", "DS004", "DS005",
    }  # fmt: skip
    assert found("FL003", vpc()).params == {"max_seconds": 60, "interval_basis": "configured"}


def test_facts_of_all_rules_are_json_without_tag_values():
    network = model(
        vpc(tags={"Secret": "hunter2"}), flow_log(tags={"Secret": "hunter2"}, max_aggregation_interval=LATER)
    )
    for each in findings(network).values():
        assert "hunter2" not in json.dumps(dict(each.facts)) + repr(each.evidence) + each.message
