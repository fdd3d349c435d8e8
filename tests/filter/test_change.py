"""What a plan changes for one flow: new connections, and those that stand when it is applied."""

from __future__ import annotations

from typing import Any

import pytest

from checker.filter.change import Change, Effect, Fate, change
from checker.filter.explain import explain, parse_flow
from checker.filter.index import Index
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.model import NetworkModel
from checker.model.network import IdleTimeouts
from checker.model.record import replace
from tests.filter.net import (
    ALL_OUT,
    HIDDEN,
    IN,
    OUT,
    acl,
    eni,
    entry,
    open_entries,
    routes,
    rule,
    sg,
    subnet,
    usual,
    vpc,
)

ANY = "0.0.0.0/0"
FLOW = "tcp 10.0.1.5:40000 -> 10.0.2.7:443"
NARROW = rule(IN, "tcp/443", "10.0.1.0/24", key="sgr-narrow")
WIDE = rule(IN, "tcp/443", ANY, key="sgr-wide")
ANSWER = rule(OUT, *ALL_OUT, key="sgr-answer")
CLOSED = [entry(90, IN, "deny", "tcp/443", "10.0.1.0/24"), *open_entries()]


def of(before: NetworkModel, after: NetworkModel, text: str = FLOW, *changes: ResourceChange) -> Change:
    now = Index(after)
    return change(Index(before), now, explain(now, parse_flow(text)), changes)


def replaced(key: str, action: ChangeAction = ChangeAction.REPLACE) -> ResourceChange:
    return ResourceChange(action=action, type=key.split(".")[0], before_key=key, after_key=key)


@pytest.mark.parametrize(
    ("was", "now", "effect", "standing"),
    [
        pytest.param([NARROW], [NARROW], Effect.UNCHANGED, Fate.CONTINUE, id="nothing changes"),
        pytest.param([NARROW], [], Effect.EXISTING_ONLY, Fate.CONTINUE, id="tracked: no rule answers by itself"),
        pytest.param([NARROW, ANSWER], [ANSWER], Effect.EXISTING_ONLY, Fate.CONTINUE, id="tracked: narrow"),
        pytest.param([WIDE], [], Effect.EXISTING_ONLY, Fate.CONTINUE, id="tracked: open in one direction only"),
        pytest.param([WIDE, rule(OUT, "tcp/1024-65535", ANY)], [], Effect.EXISTING_ONLY, Fate.CONTINUE,
                     id="tracked: not every port goes out"),
        pytest.param([WIDE, rule(OUT, "udp", ANY)], [], Effect.EXISTING_ONLY, Fate.CONTINUE,
                     id="tracked: another protocol goes out"),
        pytest.param([WIDE, rule(OUT, "all", "::/0")], [], Effect.EXISTING_ONLY, Fate.CONTINUE,
                     id="tracked: the other family goes out"),
        pytest.param([WIDE, ANSWER], [ANSWER], Effect.WOULD_BREAK, Fate.CUT, id="untracked"),
        pytest.param([WIDE, rule(OUT, "tcp", ANY)], [], Effect.WOULD_BREAK, Fate.CUT, id="untracked: all of tcp"),
        pytest.param([WIDE, rule(OUT, "tcp/0-65535", ANY)], [], Effect.WOULD_BREAK, Fate.CUT, id="untracked: 0-65535"),
        pytest.param([rule(IN, "all", ANY), ANSWER], [ANSWER], Effect.WOULD_BREAK, Fate.CUT, id="untracked: all"),
        pytest.param([WIDE, ANSWER], [NARROW, ANSWER], Effect.UNCHANGED, Fate.CONTINUE, id="narrowed, still admitted"),
        pytest.param([WIDE, ANSWER], [WIDE], Effect.WOULD_INTERRUPT, Fate.CUT, id="untracked: the answer is closed"),
        pytest.param([NARROW, ANSWER], [NARROW], Effect.UNCHANGED, Fate.CONTINUE, id="tracked: the answer is closed"),
        pytest.param([WIDE, NARROW, ANSWER], [ANSWER], Effect.WOULD_BREAK, Fate.UNKNOWN, id="both: not documented"),
        pytest.param([], [NARROW], Effect.WOULD_NEWLY_ALLOW, None, id="newly allowed"),
        pytest.param([], [], Effect.STILL_BLOCKED, None, id="still blocked"),
        pytest.param([NARROW], [rule(IN, "tcp/443", HIDDEN)], Effect.DEPENDS_ON_UNKNOWN, None, id="open after"),
        pytest.param([rule(IN, "tcp/443", HIDDEN)], [], Effect.DEPENDS_ON_UNKNOWN, None, id="open before"),
    ],
)  # fmt: skip
def test_rules_of_the_server_change(was, now, effect: Effect, standing: Fate | None) -> None:
    found = of(usual(server=was), usual(server=now))
    assert (found.effect, found.standing) == (effect, standing), found.because


def test_the_client_s_groups_count_alike() -> None:
    out = rule(OUT, *ALL_OUT, key="sgr-out")
    back = rule(IN, "all", ANY, key="sgr-back")
    tracked = of(usual(client=[out], server=[NARROW]), usual(client=[], server=[NARROW]))
    assert (tracked.effect, tracked.standing) == (Effect.EXISTING_ONLY, Fate.CONTINUE)
    assert "eni-client tracks them" in tracked.because[0]
    cut = of(usual(client=[out, back], server=[NARROW]), usual(client=[back], server=[NARROW]))
    assert (cut.effect, cut.standing) == (Effect.WOULD_BREAK, Fate.CUT)
    assert "eni-client does not track them, as sgr-out admits every address and sgr-back every packet" in cut.because[0]


@pytest.mark.parametrize(
    ("acls", "stage"),
    [
        pytest.param({"acl_b": CLOSED}, "packets are stopped at nacl-ingress by acl-b#90", id="request"),
        pytest.param(
            {"acl_b": [entry(100, IN, "allow", "all", ANY)]}, "answers are stopped at nacl-egress", id="reply"
        ),
    ],
)
def test_an_acl_cuts_at_once_although_the_groups_track(acls, stage: str) -> None:
    found = of(usual(server=[NARROW]), usual(server=[NARROW], **acls))
    assert (found.effect, found.standing) == (Effect.WOULD_BREAK, Fate.CUT)
    assert stage in found.because[0]
    both = of(usual(server=[NARROW]), usual(server=[], **acls))
    assert both.standing is Fate.CUT, "the group tracks it, the ACL stops it all the same"


@pytest.mark.parametrize(
    ("flow", "idle"),
    [
        ("tcp 10.0.1.5:40000 -> 10.0.2.7:443", "350 s on Nitro v6 instance types, 432000 s on others"),
        ("udp 10.0.1.5:40000 -> 10.0.2.7:443", "30 s, or 180 s for a stream"),
        ("50 10.0.1.5 -> 10.0.2.7", "600 s"),
        ("icmp 8/0 10.0.1.5 -> 10.0.2.7", "600 s"),
    ],
)
def test_how_long_what_is_tracked_lives_on(flow: str, idle: str) -> None:
    some = rule(IN, "all", "10.0.1.0/24")
    found = of(usual(server=[some, ANSWER]), usual(server=[ANSWER]), flow)
    assert (found.effect, found.standing) == (Effect.EXISTING_ONLY, Fate.CONTINUE)
    assert idle in found.because[0]


@pytest.mark.parametrize(
    ("flow", "idle"),
    [
        ("tcp 10.0.1.5:40000 -> 10.0.2.7:443", "(90 s, as the"),
        ("udp 10.0.1.5:40000 -> 10.0.2.7:443", "(60 s, or 180 s"),
    ],
)
def test_an_interface_tells_how_long_it_tracks(flow: str, idle: str) -> None:
    some = rule(IN, "all", "10.0.1.0/24")
    client, server = usual(server=[some, ANSWER]).network_interfaces
    told = replace(server, idle_timeouts=IdleTimeouts(tcp=90, udp=60))
    found = of(replace(usual(server=[some, ANSWER]), network_interfaces=(client, told)), usual(server=[ANSWER]), flow)
    assert found.standing is Fate.CONTINUE
    assert idle in found.because[0]


@pytest.mark.parametrize("protocol", ["icmp", "50"])
def test_only_tcp_and_udp_are_ever_untracked(protocol: str) -> None:
    found = of(usual(server=[rule(IN, "all", ANY), ANSWER]), usual(server=[ANSWER]), f"{protocol} 10.0.1.5 -> 10.0.2.7")
    assert (found.effect, found.standing) == (Effect.EXISTING_ONLY, Fate.CONTINUE)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("network_load_balancer", "a Network Load Balancer"), ("lambda", "Lambda"), ("nat_gateway", "a NAT gateway"),
        ("vpc_endpoint", "an interface endpoint"), ("global_accelerator_managed", "a Global Accelerator"),
    ],
)  # fmt: skip
def test_some_peers_make_it_tracked_whatever_the_rules(kind: str, what: str) -> None:
    def found(interface_type: str) -> Change:
        peer = eni("eni-peer", "subnet-a", "10.0.1.9", interface_type=interface_type)
        was, now = (usual(server=rules, network_interfaces=[peer]) for rules in ([WIDE, ANSWER], [ANSWER]))
        return of(was, now, "tcp 10.0.1.9:40000 -> 10.0.2.7:443")

    tracked = found(kind)
    assert (tracked.effect, tracked.standing) == (Effect.EXISTING_ONLY, Fate.CONTINUE)
    assert what in tracked.because[0]
    assert found("interface").standing is Fate.CUT


@pytest.mark.parametrize(
    ("target", "standing"),
    [
        ("nat-1", Fate.CONTINUE), ("aws_nat_gateway.a", Fate.CONTINUE), ("eigw-1", Fate.CONTINUE), ("igw-1", Fate.CUT),
        ("vpce-1", Fate.UNKNOWN), (None, Fate.UNKNOWN),
    ],
)  # fmt: skip
def test_by_a_nat_gateway_it_is_tracked_and_by_an_internet_gateway_not(target: str | None, standing: Fate) -> None:
    some = () if target is None else (routes("vpc-1", (ANY, target)),)
    back = rule(IN, "all", ANY)
    was = replace(usual(client=[rule(OUT, "tcp/443", ANY), back]), route_tables=some)
    now = replace(usual(client=[back]), route_tables=some)
    assert of(was, now, "tcp 10.0.1.5:40000 -> 52.1.2.3:443").standing is standing


def test_what_the_plan_does_not_change_is_named_and_not_blamed() -> None:
    unread = acl("acl-a", subnets=("subnet-a",), unread=HIDDEN)
    was, now = (usual(server=rules, network_acls=[unread]) for rules in ([NARROW, ANSWER], [ANSWER]))
    found = of(was, now)
    assert (found.effect, found.standing) == (Effect.EXISTING_ONLY, Fate.CONTINUE)
    provided = [text for text in found.because if text.startswith("provided that")]
    assert len(provided) == 1
    assert "nacl-egress and nacl-ingress of eni-client" in provided[0]
    assert "hidden by the test" in provided[0]
    same = of(was, was)
    assert (same.effect, same.says) == (Effect.UNCHANGED, "The plan changes nothing for it.")


def test_other_groups_are_another_matter_than_other_rules() -> None:
    was = usual(server=[NARROW], security_groups=[sg("sg-other")])
    client, server = was.network_interfaces
    now = replace(was, network_interfaces=(client, replace(server, security_groups=("sg-other",))))
    found = of(was, now)
    assert (found.effect, found.standing) == (Effect.WOULD_BREAK, Fate.UNKNOWN)
    assert "not documented" in found.because[0]
    anew = of(usual(server=[NARROW]), usual(server=[]), FLOW, replaced("sg-server"))
    assert anew.standing is Fate.UNKNOWN, "a group that is made anew is another group"


def test_an_interface_that_is_made_anew_loses_its_connections() -> None:
    model = usual(server=[NARROW])
    for action in (ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST):
        found = of(model, model, FLOW, replaced("eni-server", action))
        assert (found.effect, found.standing) == (Effect.WOULD_INTERRUPT, Fate.CUT)
        assert "made anew" in found.because[0]
    untouched = of(model, model, FLOW, replaced("eni-server", ChangeAction.UPDATE))
    assert untouched.effect is Effect.UNCHANGED


def test_an_end_that_comes_with_the_plan_has_nothing_before_it() -> None:
    now = usual(server=[NARROW])
    was = replace(now, network_interfaces=now.network_interfaces[:1])
    found = of(was, now)
    assert (found.effect, found.before, found.standing) == (Effect.NEW, None, None)
    assert "10.0.2.7 is not there before" in found.says
    empty = of(NetworkModel(), now)
    assert (empty.effect, empty.before) == (Effect.NEW, None)


def test_an_end_that_goes_with_the_plan_takes_its_connections_along() -> None:
    was = usual(server=[NARROW])
    now = replace(was, network_interfaces=was.network_interfaces[:1])
    found = of(was, now)
    assert (found.effect, found.standing) == (Effect.WOULD_BREAK, Fate.CUT)
    assert found.because == ("10.0.2.7 is not there after the plan",)
    elsewhere = replace(was, network_interfaces=(was.network_interfaces[0], replace(was.network_interfaces[1],
                        private_ips=("10.0.2.8",))))  # fmt: skip
    assert "eni-server has another address" in of(was, elsewhere).because[0]
    blocked = of(usual(server=[]), replace(usual(server=[]), network_interfaces=now.network_interfaces))
    assert blocked.effect is Effect.STILL_BLOCKED


@pytest.mark.parametrize("addresses", [HIDDEN, (HIDDEN,), ("10.0.2.8", HIDDEN)])
def test_an_end_whose_addresses_are_not_known_after_the_plan_is_not_said_to_go(addresses) -> None:
    for rules, standing in (([NARROW], Fate.UNKNOWN), ([], None)):
        was = usual(server=rules)
        client, server = was.network_interfaces
        now = replace(was, network_interfaces=(client, replace(server, private_ips=addresses)))
        found = of(was, now)
        assert (found.effect, found.standing) == (Effect.DEPENDS_ON_UNKNOWN, standing)
        assert "addresses of eni-server after the plan are not all known" in found.because[0]
        assert of(was, now, FLOW, replaced("eni-server")).effect is not Effect.DEPENDS_ON_UNKNOWN, "made anew: cut"


def test_an_end_that_was_in_several_places_is_not_said_to_have_been_nowhere() -> None:
    now = usual(server=[NARROW])
    other = eni("eni-other", "subnet-z", "10.0.1.5", of="vpc-2")
    was = replace(
        now,
        vpcs=(*now.vpcs, vpc("vpc-2", "10.0.0.0/16")),
        subnets=(*now.subnets, subnet("subnet-z", "10.0.1.0/24", of="vpc-2")),
        network_interfaces=(*now.network_interfaces, other),
    )
    found = of(was, now, "tcp 10.0.1.5 -> 52.1.1.1:22")
    assert (found.effect, found.before) == (Effect.NEW, None)
    assert "10.0.1.5 is in several places: eni-client, eni-other" in found.says
    assert "is not there" not in found.says


def test_a_moved_resource_is_the_same_one() -> None:
    was = usual(server=[NARROW])
    client, server = was.network_interfaces
    now = replace(was, network_interfaces=(client, replace(server, key="aws_network_interface.b", id="eni-server")))
    gone = ResourceChange(
        action=ChangeAction.NO_OP, type="aws_network_interface", before_key="eni-server",
        after_key="aws_network_interface.b",
    )  # fmt: skip
    assert of(was, now, FLOW, gone).effect is Effect.UNCHANGED
    assert of(was, now).effect is Effect.NEW, "without the word of the plan it is another interface"


def test_where_it_is_not_known_whether_what_stands_is_tracked_the_effect_is_open() -> None:
    was = usual(server=[WIDE, ANSWER], security_groups=[sg("sg-other", rule(IN, "tcp/443", ANY))])
    client, server = was.network_interfaces
    regrouped = replace(was, network_interfaces=(client, replace(server, security_groups=("sg-other",))))
    both = usual(server=[WIDE, NARROW, ANSWER]), usual(server=[WIDE, NARROW])
    for found in (of(was, regrouped), of(*both)):
        assert (found.effect, found.standing) == (Effect.DEPENDS_ON_UNKNOWN, Fate.UNKNOWN)
        assert found.says == "Whether existing connections continue is not known, new ones pass."


@pytest.mark.parametrize(
    ("kind", "target", "standing"),
    [
        ("interface", "igw-1", Fate.CUT), ("interface", "vpce-1", Fate.UNKNOWN),
        ("network_load_balancer", "igw-1", Fate.UNKNOWN), ("global_accelerator_managed", "igw-1", Fate.UNKNOWN),
        (HIDDEN, "igw-1", Fate.CUT),
    ],
)  # fmt: skip
@pytest.mark.parametrize("within", ["vpc-1", HIDDEN])
def test_what_may_stand_before_an_interface_may_track(kind: Any, target: str, standing: Fate, within: Any) -> None:
    beside = eni("eni-x", "subnet-a", "10.0.1.9", interface_type=kind, of=within)
    way = routes("vpc-1", (ANY, target))
    was, now = (
        replace(usual(server=rules, network_interfaces=[beside]), route_tables=(way,))
        for rules in ([WIDE, ANSWER], [ANSWER])
    )
    found = of(was, now, "tcp 52.1.2.3:40000 -> 10.0.2.7:443")
    assert (found.effect, found.standing) == (Effect.WOULD_BREAK, standing), found.because


def test_what_is_denied_before_the_plan_takes_an_end_away_is_not_said_to_pass() -> None:
    from checker.explaining import as_text

    was = usual(server=[rule(IN, "tcp/22", ANY)])
    now = replace(was, network_interfaces=was.network_interfaces[:1])
    found = of(was, now)
    assert found.effect is Effect.STILL_BLOCKED
    after = explain(Index(now), parse_flow(FLOW))
    head = " ".join(as_text(after, 200, found).split("\n\n")[0].split())
    assert f"{FLOW}: UNKNOWN after the plan, were its end still there" in head
