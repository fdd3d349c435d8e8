"""Every rule has a page of fixed headings, a schema for its defaults, and tests of its statuses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jsonschema
import pytest

from checker.rules import RULES
from checker.rules.pages import page

HEADINGS = [
    "What it checks",
    "Why it matters",
    "When it cannot tell",
    "Parameters",
    "Remediation",
    "References",
]
HERE = Path(__file__).parent
by_id = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def docstring(rule):
    return sys.modules[rule.check.__module__].__doc__


def test_ids_are_in_order_and_names_say_what_is_wrong():
    families: dict[str, list[str]] = {}
    for rule in RULES:
        families.setdefault(rule.id[:2], []).append(rule.id)
    for family, ids in families.items():
        assert ids == [f"{family}{number:03}" for number in range(1, len(ids) + 1)]
    assert {"FL": 11, "SG": 3, "NA": 3}.items() <= {family: len(ids) for family, ids in families.items()}.items()
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name) for rule in RULES)


@by_id
def test_the_module_is_named_after_the_rule(rule):
    assert rule.check.__module__.rpartition(".")[2] == rule.name.replace("-", "_")


@by_id
def test_the_page_has_the_fixed_headings(rule):
    assert re.findall(r"^## (.+)$", docstring(rule), re.MULTILINE) == HEADINGS
    assert rule.title in page(rule)


@by_id
def test_every_parameter_is_on_the_page(rule):
    section = docstring(rule).partition("## Parameters")[2].partition("## ")[0]
    assert set(rule.default_params) == set(rule.params_schema)
    assert all(f"`{name}`" in section for name in rule.default_params)


@by_id
def test_references_are_aws_documentation(rule):
    links = re.findall(r"https?://\S+", docstring(rule).partition("## References")[2])
    assert links
    assert all(link.startswith("https://docs.aws.amazon.com/") and link.endswith(".html") for link in links)


@by_id
def test_the_defaults_fit_the_schema(rule):
    schema = {"type": "object", "additionalProperties": False, "properties": dict(rule.params_schema)}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(dict(rule.default_params), schema)


@by_id
def test_the_reason_is_one_sentence(rule):
    assert rule.why.endswith(".") and "\n" not in rule.why


@by_id
def test_each_status_that_a_rule_can_give_is_tested(rule):
    stem = rule.name.replace("-", "_")
    files = [HERE / f"test_{stem}.py", HERE / "test_flow_log_destinations.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in files if path.exists() and rule.id in path.read_text())
    code = Path(sys.modules[rule.check.__module__].__file__).read_text(encoding="utf-8")
    for word, call in (
        ("pass", "passed("),
        ("fail", "failed("),
        ("unknown", "unknown("),
        ("not-applicable", "not_applicable("),
    ):
        if call in code:
            assert f'"{word}"' in text, f"{rule.id} is never tested for {word}"
    if not rule.id.startswith("TR"):  # records say nothing of what is only planned
        assert "Change." in text
