"""The framework maps: their shape, their golden table, and the public sources that they follow."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.model.control import ControlDemand
from checker.policy import control_demands, data_folder, framework_words
from checker.policy.frameworks import controls_by_rule
from checker.policy.reader import read_document
from checker.policy.schema import framework_schema
from checker.policy.validate import problems_of
from checker.rules import RULES

MAPS = sorted((data_folder() / "frameworks").glob("*.yaml"))
GOLDEN = Path(__file__).parents[1] / "golden" / "frameworks.json"
REFERENCE = Path(__file__).parents[3] / "shared" / "reference"

shared = pytest.mark.shared
needs_reference = pytest.mark.skipif(
    not (REFERENCE / "compliance-controls.json").is_file(), reason="../shared/reference is not here"
)


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_a_map_follows_its_schema_and_fixes_parameters_that_the_rules_have(path: Path) -> None:
    document = read_document(path, "framework map")
    assert [str(problem) for problem in problems_of(document, framework_schema(RULES))] == []
    first = path.read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found is not None
    assert (path.parent / found[1]).is_file()
    assert document.data["key"] == path.stem  # type: ignore[index]


def test_no_control_of_a_version_is_mapped_twice() -> None:
    controls = [each.control for each in control_demands()]
    assert len(controls) == len(set(controls))
    for path in MAPS:
        content: Any = read_document(path, "framework map").data
        used = {version for each in content["controls"] for version in each["ids"]}
        assert used == set(content["versions"]), f"{path.stem}: versions without a control, or not listed"


def test_all_frameworks_asked_for_are_there() -> None:
    keys = {word for word in framework_words() if "@" not in word}
    assert keys == {
        "cis-aws", "aws-fsbp", "pci-dss", "nist-800-53", "nist-800-171", "nist-csf", "hipaa", "soc-2", "iso-27001",
        "fedramp-moderate", "isms-p", "cis-controls",
    }  # fmt: skip
    assert {"pci-dss@3.2.1", "pci-dss@4.0.1", "nist-csf@1.1", "nist-csf@2.0", "cis-controls@8.1"} < {*framework_words()}


def test_a_demand_says_it_in_one_line_and_where_it_comes_from() -> None:
    for each in control_demands():
        assert each.demand.endswith("."), each.control
        assert len(each.demand) <= 90, each.control
        assert each.source.strip().endswith("."), each.control


def test_versions_and_keys_choose_controls() -> None:
    ids = {each.control.id for each in control_demands(["cis-aws@3.0.0"])}
    assert ids == {"3.7", "5.1", "5.2", "5.3", "5.4"}
    assert {each.key for each in control_demands(["nist-csf", "soc-2@2017"])} == {"nist-csf", "soc-2"}
    assert len(control_demands([])) == len(control_demands())


def test_controls_that_other_means_meet_as_well_are_not_hung_on_findings() -> None:
    supporting = {each.control for each in control_demands() if each.firmness == "supporting"}
    hung = {control for controls in controls_by_rule([]).values() for control in controls}
    assert supporting
    assert not supporting & hung


CIS_FLOW_LOGS = {"FL001": {"vpc_level_only": True}, "FL002": {"vpc_level_only": True, "need": ["REJECT"]}}


def test_the_benchmark_asks_for_rejects_at_the_level_of_the_vpc_and_nothing_of_the_interval() -> None:
    found = [each for each in control_demands(["cis-aws"]) if "FL001" in each.rules]
    assert [each.rules for each in found] == [CIS_FLOW_LOGS] * 11
    assert not any("FL003" in each.rules for each in control_demands())


def test_the_controls_of_the_benchmark_on_one_family_leave_the_other_out() -> None:
    by_id = {each.control.id: each.rules for each in control_demands(["cis-aws@5.0.0"])}
    assert (by_id["5.3"]["SG001"]["world_ipv4"], by_id["5.3"]["SG001"]["world_ipv6"]) == (0, -1)
    assert (by_id["5.4"]["SG001"]["world_ipv4"], by_id["5.4"]["SG001"]["world_ipv6"]) == (-1, 0)


def test_the_table_of_controls_is_the_golden_one() -> None:
    """FLOWCHECK_UPDATE_GOLDEN=1 writes the file anew; read the difference before committing it."""
    text = json.dumps([_row(each) for each in control_demands()], indent=1) + "\n"
    if os.environ.get("FLOWCHECK_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8", newline="")
    assert text == GOLDEN.read_text(encoding="utf-8")


def _row(each: ControlDemand) -> list[object]:
    control = each.control
    return [
        each.key,
        control.framework,
        control.version,
        control.id,
        each.demand,
        each.rules,
        each.firmness,
        each.source,
    ]


# What the public sources say -----------------------------------------------------------------------------------------

SOURCES = {
    ("cis-aws", "1.4.0"): ("CIS", "1.4"),
    ("cis-aws", "1.5.0"): ("CIS", "1.5"),
    ("cis-aws", "2.0.0"): ("CIS", "2.0"),
    ("cis-aws", "3.0.0"): ("CIS", "3.0"),
    ("cis-aws", "4.0.1"): ("CIS", "4.0.1"),
    ("cis-aws", "5.0.0"): ("CIS", "5.0"),
    ("cis-aws", "6.0.0"): ("CIS", "6.0"),
    ("cis-aws", "7.0.0"): ("CIS", "7.0"),
    ("aws-fsbp", "1.0.0"): ("AWS-Foundational-Security-Best-Practices", None),
    ("cis-controls", "8.1"): ("CIS-Controls", "8.1"),
    ("pci-dss", "3.2.1"): ("PCI", "3.2.1"),
    ("pci-dss", "4.0.1"): ("PCI", "4.0"),
    ("nist-800-53", "r5"): ("NIST-800-53-Revision-5", None),
    ("nist-800-171", "r2"): ("NIST-800-171-Revision-2", None),
    ("nist-csf", "1.1"): ("NIST-CSF", "1.1"),
    ("hipaa", "45 CFR 164"): ("HIPAA", None),
    ("soc-2", "2017"): ("SOC2", None),
    ("iso-27001", "2022"): ("ISO27001", "2022"),
    ("fedramp-moderate", "r4"): ("FedRamp-Moderate-Revision-4", None),
    ("isms-p", "2023"): ("KISA-ISMS-P", "2023"),
}
"""Framework and version here, and in compliance-controls.json."""

FLOW, KEPT = "flow_logs", "log_group_retention_encryption"
TOPICS = {
    "FL001": {FLOW},
    "FL002": {FLOW},
    "FL004": {FLOW, KEPT},
    "FL005": {FLOW},
    "FL006": {KEPT},
    "FL007": {FLOW},
    "FL011": {FLOW},
    "SG001": {"sg_admin_ports_open"},
    "SG002": {"default_sg"},
    "NA001": {"nacl_open"},
}
"""What the sources must say of a control for it to demand a rule."""


def words(text: str) -> tuple[str, ...]:
    """``AU-6(3)`` and ``au_6_3`` are the same."""
    return tuple(re.findall(r"[a-z]+|\d+", text.lower()))


def ids_of(framework: str, text: str) -> Iterator[tuple[str, ...]]:
    found = words(text)
    if framework == "PCI" and len(found) > 3:
        yield found[:-1]  # the last number is a row of the source
    elif framework.startswith("FedRamp") and len(found) > 3 and found[2].isdigit():  # au-6-1-3: AU-6(1) and AU-6(3)
        yield from ((*found[:2], number) for number in found[2:])
    yield found


@pytest.fixture(scope="module")
def topics() -> dict[tuple[str, str | None], dict[tuple[str, ...], set[str]]]:
    """Topics by source framework and by each id and each part of it from the left."""
    rows = json.loads((REFERENCE / "compliance-controls.json").read_text(encoding="utf-8"))["mappings"]
    found: dict[tuple[str, str | None], dict[tuple[str, ...], set[str]]] = {}
    for row in rows:
        at = found.setdefault((row["framework"], row["framework_version"]), {})
        for each in ids_of(row["framework"], row["id"]):
            for length in range(1, len(each) + 1):
                at.setdefault(each[:length], set()).update(row["topics"])
    return found


@pytest.fixture(scope="module")
def facts() -> str:
    text = (REFERENCE / "aws-and-terraform-facts.md").read_text(encoding="utf-8")
    return text[text.index("## 3. Compliance mappings") : text.index("## 4. Report formats")]


def row_of(facts: str, start: str) -> str:
    found = [line for line in facts.splitlines() if line.startswith(f"| {start}")]
    assert len(found) == 1, start
    return found[0]


def said_by_security_hub(facts: str, each: ControlDemand) -> bool:
    """Security Hub lists what its control EC2.6 serves; PCI's as a range."""
    names = {"nist-800-53": "NIST 800-53r5", "nist-800-171": "NIST 800-171r2", "pci-dss": "PCI DSS 3.2.1"}
    row = row_of(facts, "Security Hub related requirements of EC2.6")
    name = names.get(each.key)
    if (
        name is None
        or not each.control.version.startswith(("r", "3.2"))
        or not set(each.rules) <= {"FL001", "FL002", "FL005", "FL007", "FL011"}
    ):
        return False
    part = (
        row[row.index(name) :]
        .split(";")[0]
        .split("**no PCI")[0]
        .replace("10.3.3-10.3.6", "10.3.3, 10.3.4, 10.3.5, 10.3.6")
    )
    return each.control.id in re.split(r"[ ,|]+", part)


def in_the_csf_2_row(facts: str, each: ControlDemand) -> bool:
    return f" {each.control.id}" in re.sub(r"[,*]", " ", row_of(facts, "NIST CSF 2.0").split("PW's")[0])


OWN = "Own reading"


@shared
@needs_reference
@pytest.mark.parametrize(
    "each", control_demands(), ids=lambda each: "-".join((each.key, *each.control.version.split(), each.control.id))
)
def test_every_control_is_found_in_the_sources(
    each: ControlDemand, topics: dict[tuple[str, str | None], dict[tuple[str, ...], set[str]]], facts: str
) -> None:
    if each.source.startswith(OWN):
        assert each.firmness == "supporting", "what nobody else says is no demand"
        return
    if each.key == "cis-aws":
        return  # held against its own tables, below
    if (each.key, each.control.version) == ("nist-csf", "2.0"):
        assert in_the_csf_2_row(facts, each)
        assert set(each.rules) <= {"FL001", "FL002"}
        return
    if each.control.id == "EC2.18":
        assert "EC2.18: unrestricted ingress only on authorised ports (default TCP 80,443)" in facts
        return
    if said_by_security_hub(facts, each):
        return
    known = topics[SOURCES[each.key, each.control.version]]
    wanted = words(each.control.id)[1:] if each.key == "nist-csf" else words(each.control.id)
    said = known.get(wanted, set())
    assert said, f"{each.control}: no source has this id"
    missing = {rule for rule in each.rules if not TOPICS[rule] & said}
    assert not missing, f"{each.control}: the sources say {sorted(said)} of it, not what {sorted(missing)} check"


@shared
@needs_reference
def test_the_numbers_of_the_benchmark_are_those_of_the_sources(facts: str) -> None:
    numbers = {(each.control.version, *sorted(each.rules)): set[str]() for each in control_demands(["cis-aws"])}
    for each in control_demands(["cis-aws"]):
        numbers[each.control.version, *sorted(each.rules)].add(each.control.id)
    for start, versions in {
        "CIS AWS 1.2.0": ["1.2.0"],
        "CIS 1.3.0 / 1.4.0 / 1.5.0 / 2.0.0": ["1.3.0", "1.4.0", "1.5.0", "2.0.0"],
        "CIS 3.0.0 / 4.0(.1) / 5.0.0": ["3.0.0", "4.0.0", "4.0.1", "5.0.0"],
        "CIS 6.0 / 7.0": ["6.0.0", "7.0.0"],
    }.items():
        number = row_of(facts, start).split("|")[2].strip()
        for version in versions:
            assert numbers[version, "FL001", "FL002"] == {number}, version
    columns = {"1.2.0": [1], "1.3.0": [2], "1.4.0": [2], "1.5.0": [3], "2.0.0": [3], "3.0.0": [4], "4.0.0": [5],
               "4.0.1": [5], "5.0.0": [5], "6.0.0": [6], "7.0.0": [6]}  # fmt: skip
    rows = {"NA001": ["NACL no 0.0.0.0/0"], "SG001": ["SG no 0.0.0.0/0", "SG no ::/0"], "SG002": ["default SG closed"]}
    for version, (column,) in columns.items():
        for rule, starts in rows.items():
            said = {
                found
                for start in starts
                for found in re.findall(r"\d\.\d+", row_of(facts, start).split("|")[column + 1])
            }
            assert numbers.get((version, rule), set()) == said, (version, rule)


@shared
@needs_reference
def test_the_ports_and_types_that_security_hub_fixes_are_those_of_the_sources(facts: str) -> None:
    from checker.filter.service import TCP, services
    from checker.rules._ports import services_named

    by_id = {each.control.id: each.rules for each in control_demands(["aws-fsbp"])}
    listed = re.search(r"EC2\.19 \(Critical\) blocked list: ([\d,]+)\.", facts)
    assert listed is not None
    named = services_named([f"tcp/{port}" for port in listed[1].split(",")])
    assert services_named(by_id["EC2.19"]["SG001"]["ports"]) == named
    assert not services_named(["tcp/80", "tcp/443"]) & services_named(by_id["EC2.18"]["SG001"]["ports"])
    assert services(TCP) == services_named([*by_id["EC2.18"]["SG001"]["ports"], "tcp/80", "tcp/443"]) & services(TCP)
    assert "parameter trafficType REJECT fixed" in facts
    assert by_id["EC2.6"] == CIS_FLOW_LOGS
    assert "EC2.21 (Medium; not for default NACL" in facts
    assert by_id["EC2.21"]["NA001"]["default_acl"] == "skip"
