"""The audit role in every account of an organisation, one apply for each, and flowcheck entering through it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.e2e.running import NOW, check
from tests.e2e.terraform import Terraform
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import ACCOUNT
from tests.support.organization import Member, found
from tests.terraform.example import TREE, lay_out


@pytest.mark.slow
@pytest.mark.terraform
def test_flowcheck_reads_every_account_through_the_role(terraform: Terraform, aws: Proxy, tmp_path: Path) -> None:
    server = aws.server
    server.reset()
    accounts = found(server, [Member("payments"), Member("shop")]).accounts
    members = [accounts["payments"], accounts["shop"]]
    work = lay_out(tmp_path) / "examples" / "organization"
    terraform.prepare(work)
    for account in members:
        given = {"account_id": account, "hub_account_id": ACCOUNT, "organization_id": "o-a1b2c3d4e5"}
        words = [f"-var={name}={value}" for name, value in given.items()]
        state = f"-state={account}.tfstate"
        terraform.run(work, server.environment, "apply", "-no-color", "-auto-approve", "-lock=false", state, *words)

    for account in members:
        iam = server.client("iam", credentials=server.credentials(account))
        trust = iam.get_role(RoleName="flowcheck-audit")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
        assert trust["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/flowcheck-audit"]}
        assert trust["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
        read = iam.get_role_policy(RoleName="flowcheck-audit", PolicyName="read")["PolicyDocument"]
        policies = TREE / "modules" / "audit-role" / "policies"
        assert read == json.loads((policies / "baseline.json").read_text(encoding="utf-8"))

    with patch.dict(os.environ, server.environment):
        run = check(
            ["account", "--org-role", "flowcheck-audit", "--region", "us-east-1", "--format", "json", "--now", NOW]
        )
    assert {each["resource"]["account"] for each in run.of("FL001")} == set(accounts.values())
    assert run.report["gaps"] == []
