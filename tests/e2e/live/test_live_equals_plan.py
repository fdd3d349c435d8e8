"""What a plan says holds after the apply: the live audit of an applied configuration gives the plan's verdicts.

Resources are matched by the state: plan address to AWS id. Where the plan could not know, the account may say
anything; where it knew, the account must say the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from tests.e2e.case import Case, all_cases
from tests.e2e.live.auditing import Audit, ask
from tests.e2e.live.world import World
from tests.e2e.planning import Planned, Planner, apply, lay_out
from tests.e2e.running import NOTHING_WRONG, NOW, Run, check
from tests.e2e.terraform import Terraform
from tests.support.fault_proxy import Proxy

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

NOT_COMPARABLE: Final[Mapping[str, str]] = {
    "allow_list": "two of its logs deliver to a bucket of somebody else that is not built here",
    "count_unknown_variable": "a variable without a value can be judged, but not applied",
    "data_vpc": "what stood before belongs to another state and has names that this one needs too",
    "managed_elsewhere": "the destination belongs to an account that is not built here",
    "module_literal_inside": "the VPC of a literal id is in no account of ours",
    "literal_subnet_new": "the subnet of a literal id is in no account of ours",
    "literal_subnet_stands": "the subnet of a literal id is in no account of ours",
    "literal_vpc": "the VPC of a literal id is in no account of ours",
    "plan_destroy": "the plan takes everything away, and nothing is left to audit",
    "plan_destroy_targeted": "the plan is limited to targets, what is applied here is not",
    "plan_targeted": "the plan is limited to targets, what is applied here is not",
    "provider_aliases": "the policy that AWS attaches is made here for the first of its two regions only",
    "redundant_target_unknown": "AWS refuses the apply: the two logs turn out to be the same one",
    "role_narrow_and_attached": "a policy that is attached belongs to another team and is not built here",
    "transit_gateway": "AWS refuses the apply for the very reason that the plan's verdict names",
    "without_role_or_destination": "AWS refuses the apply for the very reason that the plan's verdict names",
    "plan_refresh_only": "the plan changes nothing, what is applied here does",
}
"""Cases that cannot be applied or audited in one account of moto, and why."""

ONLY_PLANS: Final = frozenset({"FL011"})
"""Rules on the change itself."""

SETTLED: Final = frozenset({"SG003"})
"""Rules on what is used: a plan does not show which interfaces carry a group, the account does. None carries it: not
applicable, whatever the plan said of a group that might be used anywhere."""

USUAL: Final = frozenset(
    {
        "accept_only", "accept_reject_pair", "count_each_logged", "data_vpc_dark", "default_vpc", "direct_reference",
        "filters_acl", "filters_default_group", "filters_open", "for_each_resources", "interface_only", "interval_600",
        "log_group_by_arn", "module_output_root", "nested_modules", "no_log", "s3_prefix", "s3_without_policy",
    }
)  # fmt: skip
"""One case of each kind: applying all takes half an hour, a minute for each bucket. FLOWCHECK_LIVE_CASES=all does."""

CASES = [
    pytest.param(case, id=case.name)
    for case in all_cases()
    if "source" in case.ways
    and case.name not in NOT_COMPARABLE
    and (case.name in USUAL or os.environ.get("FLOWCHECK_LIVE_CASES") == "all")
]


@pytest.mark.parametrize("case", CASES)
def test_the_account_gets_the_plans_verdicts_after_the_apply(
    case: Case, planner: Planner, terraform: Terraform, proxy: Proxy, tmp_path: Path
) -> None:
    policy = ["--policy", str(case.policy)] if case.policy else []
    plan = plan_of(planner.planned(case), *policy)
    proxy.server.reset()
    World(proxy).clear()
    state = applied(case, tmp_path / "applied", terraform, proxy)
    regions = regions_of(state)
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": regions[0]}):  # it tells the partition
        words = [word for region in regions for word in ("--region", region)]
        live = ask(proxy.server, addresses(state), "account", *words, *policy)
    wrong = list(differences(plan, live))
    assert not wrong, "\n".join([case.expect["about"], *wrong])


def test_every_case_that_is_left_out_exists_and_has_a_reason() -> None:
    assert set(NOT_COMPARABLE) <= {case.name for case in all_cases()}
    assert all(len(why.split()) > 4 for why in NOT_COMPARABLE.values())


def plan_of(planned: Planned, *words: str) -> Run:
    """Judge a plan with its source by every rule."""
    given = [str(planned.plan), "--source", str(planned.source), "--format", "json", "--now", NOW, *words]
    return check(["plan", *given, "--jobs", "1", "--cache", str(Path.cwd() / "cache")])


def applied(case: Case, work: Path, terraform: Terraform, proxy: Proxy) -> Mapping[str, Any]:
    """Apply what the case plans, after what stood before it, and return the state."""
    inputs: Mapping[str, Any] = {}
    if case.stateful:
        lay_out(case, "before", work)
        inputs = apply(work, terraform, proxy.server)
        if case.expect.get("fresh_state"):
            (work / "terraform.tfstate").unlink()
        for path in work.glob("*.tf*"):
            if path.suffix in (".tf", ".json"):
                path.unlink()
    lay_out(case, "after", work)
    if inputs:
        (work / "before.auto.tfvars.json").write_text(json.dumps(inputs), encoding="utf-8")
    apply(work, terraform, proxy.server)
    state = terraform.show(work, proxy.server.environment)
    shutil.rmtree(work)
    return state


def regions_of(state: Mapping[str, Any]) -> list[str]:
    """Return the regions in which a state has VPCs."""
    found = _resources(state.get("values", {}).get("root_module", {}))
    return sorted({each["values"]["arn"].split(":")[3] for each in found if each["type"] == "aws_vpc"}) or ["us-east-1"]


def addresses(state: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the address by id and by ARN of every resource in a state.

    Settings of a bucket have the bucket's id; they have no ARN, and the bucket is what is judged. A network ACL that
    AWS made goes by its VPC, as in a plan.
    """
    managed = [each for each in _resources(state.get("values", {}).get("root_module", {})) if each["mode"] == "managed"]
    made = {
        str(each["values"]["default_network_acl_id"]): each["address"] for each in managed if each["type"] == "aws_vpc"
    }
    return made | {
        str(resource["values"][name]): resource["address"]
        for resource in sorted(managed, key=lambda each: bool(each["values"].get("arn")))
        for name in ("arn", "id")
        if resource["values"].get(name)
    }


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def differences(plan: Run, live: Audit) -> Iterator[str]:
    """Yield a line for each verdict that the plan knew and the account does not share."""
    told = {(each["rule_id"], each["resource"]["address"]): each for each in live.findings}
    for each in plan.report["findings"]:
        key = (each["rule_id"], each["resource"]["address"])
        if each["rule_id"] in ONLY_PLANS or each["status"] == "unknown":
            continue
        other = told.get(key)
        if other is None:
            if each["status"] != "not-applicable":
                yield f"{' '.join(key)}: the plan says {_says(each)}, the account nothing"
        elif each["rule_id"] in SETTLED and other["status"] == "not-applicable":
            continue
        elif _verdict(each) != _verdict(other):
            yield f"{' '.join(key)}: the plan says {_says(each)}, the account {_says(other)}"
    known = {address for _, address in told} & set(live.names.values())
    planned = {(each["rule_id"], each["resource"]["address"]) for each in plan.report["findings"]}
    for key, other in told.items():
        if key[1] in known and key not in planned and other["status"] not in NOTHING_WRONG:
            yield f"{' '.join(key)}: the plan says nothing, the account {_says(other)}"


def _verdict(finding: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is compared; a failure that a comment in the source waives is one that the account shows."""
    status = {"pass": "nothing wrong", "not-applicable": "nothing wrong", "waived": "fail"}.get(finding["status"])
    told = status or finding["status"]
    return told, finding["severity"] if told == "fail" else ""


def _says(finding: Mapping[str, Any]) -> str:
    return f"{finding['status']} {finding['severity']}: {finding['message']}"
