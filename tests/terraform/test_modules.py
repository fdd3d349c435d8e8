"""Each module by itself: formatted, valid, its own tests with a mocked provider, its README's example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.terraform import Terraform
from tests.terraform.example import MODULES, TREE, lay_out

ROOTS = sorted(path.parent.relative_to(TREE).as_posix() for path in (TREE / "examples").glob("**/main.tf"))


@pytest.mark.terraform
def test_everything_is_formatted(terraform: Terraform) -> None:
    terraform.run(TREE, {}, "fmt", "-check", "-recursive", "-diff", "-no-color")


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("module", MODULES)
def test_the_modules_own_tests_pass(module: str, terraform: Terraform, tmp_path: Path) -> None:
    work = lay_out(tmp_path) / "modules" / module
    terraform.prepare(work)
    terraform.run(work, {}, "validate", "-no-color")
    said = terraform.run(work, {"AWS_REGION": "eu-west-1"}, "test", "-no-color")
    runs = sum(text.count('\nrun "') for text in (path.read_text() for path in (work / "tests").glob("*.tftest.hcl")))
    assert f"Success! {runs} passed, 0 failed." in said


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_the_readme_are_valid(module: str, terraform: Terraform, tmp_path: Path) -> None:
    tree = lay_out(tmp_path)
    text = (tree / "modules" / module / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```hcl\n(.+?)```", text, re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        work = tree / f"readme-{number}"
        work.mkdir()
        (work / "main.tf").write_text(example.replace('"./modules/', '"../modules/'), encoding="utf-8")
        (work / "policy.yaml").write_text("version: 1\n", encoding="utf-8")
        terraform.prepare(work)
        terraform.run(work, {}, "validate", "-no-color")


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("root", ["examples/organization"])
def test_what_is_not_planned_is_valid(root: str, terraform: Terraform, tmp_path: Path) -> None:
    work = lay_out(tmp_path) / root
    terraform.prepare(work)
    terraform.run(work, {}, "validate", "-no-color")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_how_it_is_used_and_what_it_costs(module: str) -> None:
    text = (TREE / "modules" / module / "README.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    named = {section.partition("\n")[0]: section for section in sections}
    assert {"Cost", "Inputs", "Outputs"} <= named.keys()
    assert "```hcl" in text
    assert len(named["Cost"].split()) > 15
    for file, kind in (("variables.tf", "variable"), ("outputs.tf", "output")):
        declared = (TREE / "modules" / module / file).read_text(encoding="utf-8")
        blocks = re.findall(rf'^{kind} "(\w+)" {{\n  description = "\S', declared, re.MULTILINE)
        assert len(blocks) == declared.count(f'{kind} "')
        assert all(f"| `{name}` |" in text for name in blocks)


def test_no_service_acts_for_another_account() -> None:
    """Whatever a service may on somebody's behalf bears the account or the one resource that it may act for."""
    for path in sorted(TREE.glob("modules/*/*.tf")):
        for statement in re.split(r"\bSid +=", path.read_text(encoding="utf-8"))[1:]:
            if re.search(r"Principal += { Service =", statement):
                assert re.search(r'"aws:SourceAccount"|"kms:EncryptionContext:aws:logs:arn"', statement), (
                    f"{path.relative_to(TREE)}: {statement[:80]}"
                )


def test_no_example_is_forgotten() -> None:
    """Those that violate are planned, two are applied, and one is for an organisation."""
    assert {root.split("/")[1] for root in ROOTS} == {"compliant", "nightly", "organization", "violating"}


@pytest.mark.parametrize("module", MODULES)
def test_a_flow_log_is_replaced_without_a_gap(module: str) -> None:
    for path in (TREE / "modules" / module).glob("*.tf"):
        text = path.read_text(encoding="utf-8")
        assert text.count('resource "aws_flow_log"') == text.count("create_before_destroy = true")
