"""Commands are there to be copied into a shell: no id or name of the input is more than a word of one."""

from __future__ import annotations

import shlex

import pytest

from checker.model.origin import Source
from checker.model.record import replace
from tests.filter.net import IN, flow, open_entries, usual
from tests.filter.net import entry as live_entry
from tests.filter.net import rule as live_rule
from tests.rules.build import change, flow_log, model, only
from tests.rules.filters import acl, entry, group, rule
from tests.rules.recorded import recorded
from tests.rules.test_flow_log_replaced_with_gap import CREATE, DEPOSED, HERE, LEFT, case

LIVE = {"source": Source.ACCOUNT, "arn": None}
HOSTILE = [
    "x; touch pwned",
    "x$(touch pwned)",
    "x`touch pwned`",
    "x' && touch pwned && 'y",
    "x\ntouch pwned\n",
    "x|y>z",
]


def words(command: str | None) -> list[str]:
    """Return the words of commands; what a shell would act upon stands alone."""
    found = shlex.shlex(command or "", posix=True, punctuation_chars=True)
    found.whitespace_split = True
    return list(found)


def of_group(text: str) -> str | None:
    ssh = rule(address="sgr-1", id=text, **LIVE)
    return only("SG001", model(group(ssh, address="sg-1", id=text, **LIVE))).remediation.cli


def of_acl(text: str) -> str | None:
    return only("NA003", model(acl(entry(100, "allow", "tcp 443"), address="acl-1", id=text, **LIVE))).remediation.cli


def of_entry(text: str) -> str | None:
    shadowed = acl(entry(100, "allow", "all"), entry(110, "allow", "tcp 22"), address="acl-1", id=text, **LIVE)
    return only("NA002", model(shadowed)).remediation.cli


def of_tags(text: str) -> str | None:
    return only("FL010", model(flow_log(id=text)), FL010={"required": [text]}).remediation.cli


def of_target(text: str) -> str | None:
    key = f'aws_flow_log.b["{text}"]'
    (found,) = case((HERE, DEPOSED), (HERE, flow_log(key)), LEFT, change(CREATE, key)).values()
    return found.remediation.cli


def of_traffic_at_a_group(text: str) -> str | None:
    network = usual()
    network = replace(network, security_groups=tuple(replace(each, id=text) for each in network.security_groups))
    return recorded(network, flow(IN, "tcp/5432", "10.0.1.5"))[("TR001", text)].remediation.cli


def of_traffic_at_an_acl(text: str) -> str | None:
    denied = [live_entry(90, IN, "deny", "all", "10.0.0.0/16"), *open_entries()]
    network = usual(server=[live_rule(IN, "all", "0.0.0.0/0")], acl_b=denied)
    network = replace(network, network_acls=tuple(replace(each, id=text) for each in network.network_acls))
    found = recorded(network, flow(IN, "tcp/5432", "10.0.1.5"), flow(IN, "tcp/22", "10.0.1.5"))
    return found[("TR001", text)].remediation.cli


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "of",
    [of_group, of_acl, of_entry, of_tags, of_target, of_traffic_at_a_group, of_traffic_at_an_acl],
    ids=lambda of: of.__name__,
)
def test_what_the_input_calls_a_thing_is_a_word_and_no_more(of, text: str) -> None:
    found, plain = words(of(text)), words(of("x-1"))
    assert found == [each.replace("x-1", text) for each in plain]
    assert any(text in each for each in found)
