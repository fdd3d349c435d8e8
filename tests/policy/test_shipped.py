"""The shipped policies, control map and schemas, held against the rules as they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from checker.model.finding import Severity
from checker.policy import data_folder, load_policy, published_schemas, shipped_policies
from checker.policy.load import check_policy
from checker.policy.reader import read_document
from checker.rules import RULES
from tests.policy.samples import RULES as SAMPLES

POLICIES = ("baseline", "cis", "fsbp")


def content(name: str) -> Any:
    return read_document(data_folder() / f"{name}.yaml", "policy").data


def test_the_data_lies_beside_the_code_here_and_in_the_package_when_installed() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert data_folder() == Path(__file__).parents[2] / "policies"
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"policies": "checker/_policies"}


def test_an_installed_package_finds_its_own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "checker" / "_policies"
    inside.mkdir(parents=True)
    monkeypatch.setattr("checker.policy.shipped.__file__", str(tmp_path / "checker" / "policy" / "shipped.py"))
    assert data_folder() == inside


def test_every_shipped_policy_is_listed_with_what_it_demands() -> None:
    listed = dict(shipped_policies())
    assert sorted(listed) == sorted(POLICIES)
    assert all(len(text) > 30 for text in listed.values())


@pytest.mark.parametrize("name", POLICIES)
def test_shipped_policies_follow_the_schema(name: str) -> None:
    document = read_document(data_folder() / f"{name}.yaml", "policy")
    assert [str(problem) for problem in check_policy(document, RULES)] == []


@pytest.mark.parametrize("name", POLICIES)
def test_shipped_policies_load_by_name(name: str) -> None:
    policy = load_policy(name, RULES)
    assert (policy.name, policy.version, policy.source) == (name, "1.0", f"shipped:{name}")
    assert set(policy.rules) == {rule.id for rule in RULES}


def test_the_baseline_takes_a_stand_on_every_rule() -> None:
    assert sorted(content("baseline")["rules"]) == sorted(rule.id for rule in RULES)


@pytest.mark.parametrize("name", POLICIES)
def test_each_choice_of_a_shipped_policy_is_explained_in_a_comment(name: str) -> None:
    text = (data_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    blocks = re.split(r"\n\s*\n", text)
    bare = [block for block in blocks[1:] if not re.search(r"^\s*#", block, re.MULTILINE)]
    assert [block for block in bare if not re.match(r"(version|frameworks|unlisted_rules):", block.strip())] == []


def test_the_baseline_demands_all_traffic_in_sixty_seconds_at_a_protected_destination() -> None:
    policy = load_policy("baseline", RULES)
    off = {"FL004", "FL008", "FL010"}
    assert {rule for rule in policy.switched_off() if not rule.startswith("DS")} == off
    assert policy.resolve_by_uniqueness
    assert policy.defaults_for("FL003").params["max_seconds"] == 60
    assert policy.defaults_for("FL006").params["retention_days"] == 365
    assert sorted(policy.defaults_for("FL002").params["need"]) == ["ACCEPT", "REJECT"]  # type: ignore[arg-type]
    assert not policy.defaults_for("FL001").params["vpc_level_only"]


DEMANDED = {"FL001", "FL002", "SG001", "SG002", "NA001"}


@pytest.mark.parametrize("name", ["cis", "fsbp"])
def test_the_frameworks_demand_a_log_with_rejects_on_the_vpc_and_closed_filters_and_nothing_else(name: str) -> None:
    policy = load_policy(name, RULES)
    assert set(policy.rules) - set(policy.switched_off()) == DEMANDED
    assert [policy.defaults_for(rule).params["world_ipv4"] for rule in ("SG001", "NA001")] == [0, 0]
    assert policy.defaults_for("NA001").params["ports"] == ["tcp/22", "tcp/3389"]
    assert policy.defaults_for("FL001").params["vpc_level_only"] is True
    assert policy.defaults_for("FL002").params["need"] == ["REJECT"]
    assert policy.resolve_by_uniqueness is False
    assert {each.framework for each in policy.controls_for("FL001")} == {
        {"cis": "CIS AWS Foundations Benchmark", "fsbp": "AWS Foundational Security Best Practices"}[name]
    }


def test_security_hub_rates_the_controls() -> None:
    policy = load_policy("fsbp", RULES)
    rated = {rule: policy.defaults_for(rule).severity for rule in sorted(DEMANDED)}
    high, medium = Severity.HIGH, Severity.MEDIUM
    assert rated == {"FL001": medium, "FL002": medium, "NA001": medium, "SG001": high, "SG002": high}


def test_security_hub_authorises_two_ports_and_leaves_default_acls_out() -> None:
    from checker.filter.service import TCP, UDP, services, words_of
    from checker.rules._ports import services_named

    policy = load_policy("fsbp", RULES)
    listed = services_named(policy.defaults_for("SG001").params["ports"])
    assert list(words_of((services(TCP) | services(UDP)) - listed)) == ["tcp/80", "tcp/443"]
    assert policy.defaults_for("NA001").params["default_acl"] == "skip"
    assert load_policy("cis", RULES).defaults_for("NA001").params["default_acl"] == "judge"


def test_rules_added_later_stay_out_of_the_frameworks() -> None:
    assert content("cis")["unlisted_rules"] == content("fsbp")["unlisted_rules"] == "disabled"


CIS_NUMBERS = {
    "1.2.0": "2.9",
    "1.3.0": "3.9",
    "1.4.0": "3.9",
    "1.5.0": "3.9",
    "2.0.0": "3.9",
    "3.0.0": "3.7",
    "4.0.0": "3.7",
    "4.0.1": "3.7",
    "5.0.0": "3.7",
    "6.0.0": "4.7",
    "7.0.0": "4.7",
}


FILTER_NUMBERS = {
    "1.2.0": ("4.1 4.2", "4.3", ""),
    "1.3.0": ("5.2", "5.3", "5.1"),
    "1.4.0": ("5.2", "5.3", "5.1"),
    "1.5.0": ("5.2 5.3", "5.4", "5.1"),
    "2.0.0": ("5.2 5.3", "5.4", "5.1"),
    "3.0.0": ("5.2 5.3", "5.4", "5.1"),
    "4.0.0": ("5.3 5.4", "5.5", "5.2"),
    "4.0.1": ("5.3 5.4", "5.5", "5.2"),
    "5.0.0": ("5.3 5.4", "5.5", "5.2"),
    "6.0.0": ("6.3 6.4", "6.5", "6.2"),
    "7.0.0": ("6.3 6.4", "6.5", "6.2"),
}
"""SG001, SG002 and NA001 by version."""


def test_cis_numbers_follow_the_version() -> None:
    policy = load_policy("cis", RULES)
    for rule in ("FL001", "FL002"):
        assert {each.version: each.id for each in policy.controls_for(rule)} == CIS_NUMBERS
    for at, rule in enumerate(("SG001", "SG002", "NA001")):
        found: dict[str, list[str]] = {version: [] for version in FILTER_NUMBERS}
        for each in policy.controls_for(rule):
            found[each.version].append(each.id)
        assert {version: " ".join(ids) for version, ids in found.items()} == {
            version: numbers[at] for version, numbers in FILTER_NUMBERS.items()
        }
    assert {rule.id for rule in RULES if policy.controls_for(rule.id)} == DEMANDED


@pytest.mark.parametrize(
    ("rule", "control"),
    [
        ("FL001", "EC2.6"),
        ("SG001", "EC2.19"),
        ("SG002", "EC2.2"),
        ("NA001", "EC2.21"),
        ("FL006", "AU-11"),
        ("FL005", "AU-12"),
        ("FL007", "10.2.2"),
        ("FL006", "10.5.1"),
        ("FL002", "CC7.2"),
        ("FL001", "A.8.15"),
        ("FL001", "164.312(b)"),
    ],
)
def test_controls_are_found_by_the_rule_that_they_demand(rule: str, control: str) -> None:
    assert control in {each.id for each in load_policy("baseline", RULES).controls_for(rule)}


def test_no_framework_is_said_to_demand_an_interval() -> None:
    assert load_policy("baseline", RULES).controls_for("FL003") == ()


def test_the_published_schemas_are_what_the_rules_make() -> None:
    published = {path.name: path.read_text(encoding="utf-8") for path in (data_folder() / "schema").iterdir()}
    assert published == published_schemas(RULES), "write them anew: published_schemas(RULES) gives their text"


def test_the_published_schemas_are_schemas() -> None:
    from jsonschema import Draft202012Validator

    for text in published_schemas(RULES).values():
        Draft202012Validator.check_schema(json.loads(text))


def test_the_schema_grows_with_the_rules() -> None:
    few = json.loads(published_schemas(SAMPLES)["policy.schema.json"])
    assert sorted(few["$defs"]["rules"]["properties"]) == sorted(rule.id for rule in SAMPLES)


@pytest.mark.parametrize("name", POLICIES)
def test_shipped_files_name_their_schema_for_editors(name: str) -> None:
    first = (data_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found is not None
    assert (data_folder() / found[1]).is_file()


def test_a_shipped_policy_is_loaded_without_parser_and_validator_and_nothing_heavy_is_imported_before() -> None:
    program = (
        "import sys; from checker.policy import load_policy; from checker.rules import RULES\n"
        "heavy = {'yaml', 'jsonschema'}; before = heavy & set(sys.modules)\n"
        "load_policy('baseline', RULES); print(sorted(before), sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
