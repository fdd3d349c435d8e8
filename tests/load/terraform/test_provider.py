"""Region and account of the provider configuration that a module inherits."""

from pathlib import Path
from typing import Any

import pytest

from checker.model.known import Unknown
from tests.load.made import AWS, Roots, change, document, resource, write

KEY = "module.m.module.n:aws"
ROOT = {
    "name": "aws",
    "full_name": AWS,
    "expressions": {
        "region": {"constant_value": "eu-west-1"},
        "allowed_account_ids": {"constant_value": ["123456789012"]},
    },
}
NAMED = {"name": "aws", "full_name": AWS, "module_address": "module.m.module.n"}
OTHER = {**ROOT, "alias": "west"}
OWN = {**NAMED, "expressions": {"profile": {"constant_value": "other"}}}


@pytest.mark.parametrize(
    ("providers", "known"),
    [
        ({"aws": ROOT, KEY: NAMED}, True),
        ({"aws": ROOT, KEY: NAMED, "module.m.module.k:aws": NAMED}, True),
        ({"aws": ROOT}, True),
        ({"aws": ROOT, KEY: OWN}, False),
        ({"aws": ROOT, "aws.west": OTHER, KEY: NAMED}, False),
    ],
    ids=["only named", "named twice", "not named", "configured in the module", "which of two"],
)
def test_a_module_that_only_names_a_provider_inherits_it(
    tmp_path: Path, roots: Roots, providers: dict[str, Any], known: bool
) -> None:
    inner = {"resources": [resource("aws_vpc.v", key=KEY)]}
    calls = {"m": {"module": {"module_calls": {"n": {"module": inner}}}}}
    content = document(
        resource_changes=[change("module.m.module.n.aws_vpc.v", after={}, after_unknown={"id": True})],
        configuration={"provider_config": providers, "root_module": {"module_calls": calls}},
    )
    (found,) = roots.plan(write(tmp_path, content)).after
    if known:
        assert (found.provider_region, found.provider_account) == ("eu-west-1", "123456789012")
    else:
        assert isinstance(found.provider_region, Unknown)
        assert isinstance(found.provider_account, Unknown)
