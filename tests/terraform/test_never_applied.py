"""What no example makes is listed, with the reason: it is planned by the modules' own tests only, which mock AWS."""

from __future__ import annotations

import re
from pathlib import Path

from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.expand import expand
from checker.load.terraform.source.inputs import root_values
from checker.load.terraform.source.modules import Reading, load_tree
from checker.model.known import Unknown
from tests.terraform.example import MODULES, TREE, VARIANTS, Example, compliant, lay_out_example

NEVER_APPLIED = {
    "flow-logs aws_flow_log.transit_gateway_attachment": "moto makes no attachment that a plan could name",
    "flow-logs aws_iam_role.stream": "a delivery stream of another account",
    "flow-logs aws_iam_role_policy.stream": "a delivery stream of another account",
    "log-archive aws_s3_bucket_logging.this": "a second bucket, for the records of who reads the first",
    "nightly-audit aws_sns_topic_subscription.this": "the same block as in alerts, which is applied",
}
APPLIED = [compliant("compliant"), compliant("nightly"), VARIANTS]


def blocks() -> dict[str, str]:
    """Return the text of each resource block of the modules, as ``flow-logs aws_flow_log.vpc``."""
    found = {}
    for module in MODULES:
        for path in sorted((TREE / "modules" / module).glob("*.tf")):
            for block in re.finditer(r'^resource "(\w+)" "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
                found[f"{module} {block[1]}.{block[2]}"] = block[1]
    return found


def made(example: Example, folder: Path) -> set[str]:
    """Return the blocks of which an example has an instance, or may have one."""
    work = lay_out_example(example, folder)
    text = "".join(path.read_text(encoding="utf-8") for path in work.glob("*.tf"))
    sources = dict(re.findall(r'module "(\w+)" {\s+source\s*=\s*"[./]+modules/([a-z-]+)"', text))
    types = frozenset(blocks().values())
    tree = load_tree(work, Reading(wanted=types, cache=None, jobs=1, display_root=folder))
    values = root_values(tree, (), {})
    evaluation = Evaluation(tree, variables=values.given, workspace="default", label="example")
    found = set()
    for each in expand(evaluation, types).instances:
        call = re.match(r"module\.(\w+)", each.address)
        if call is not None and (isinstance(each.exists, Unknown) or each.exists):
            found.add(f"{sources[call[1]]} {each.type}.{each.name}")
    return found


def test_what_is_never_applied_is_listed(tmp_path: Path) -> None:
    used = set().union(*(made(example, tmp_path / example.name) for example in APPLIED))
    assert blocks().keys() - used == NEVER_APPLIED.keys()


def test_what_is_never_applied_is_planned() -> None:
    for block in NEVER_APPLIED:
        module, address = block.split(" ")
        tests = (TREE / "modules" / module / "tests").glob("*.tftest.hcl")
        assert any(f"{address}[" in path.read_text(encoding="utf-8") for path in tests), block
