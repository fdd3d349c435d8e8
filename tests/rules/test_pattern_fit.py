"""Which records of a format a pattern chooses, compared with trying every port, protocol and action."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.rules._fields import ANALYSIS_FIELDS, DEFAULT_FIELDS, VERSION_OF
from checker.rules._filter_match import line_matches
from checker.rules._filter_pattern import parse_pattern
from checker.rules._fix_alarm import login_pattern
from checker.rules._pattern_fit import ACCEPTED, OTHER_PORTS, OTHER_PROTOCOLS, fit, lets_through
from checker.rules._record import Layout
from tests.rules.build_monitoring import DEFAULT_PATTERN

BOTH = frozenset({"ACCEPT", "REJECT"})
PORTS = (22, 3389)
V2 = Layout(DEFAULT_FIELDS, BOTH, (("version", "2"),))
FULL = Layout(ANALYSIS_FIELDS, BOTH, (("version", "8"),))
LONGER = Layout((*DEFAULT_FIELDS, "vpc-id", "flow-direction"), BOTH, (("version", "5"),))
REJECTS = Layout(DEFAULT_FIELDS, frozenset({"REJECT"}), (("version", "2"),))
ACCEPTS = Layout(DEFAULT_FIELDS, frozenset({"ACCEPT"}), (("version", "2"),))
NO_PORT = Layout(("version", "srcaddr", "action"), BOTH)
V6 = Layout(DEFAULT_FIELDS, BOTH, (("version", "2"),), ipv6=True)


def changed(*pairs: tuple[str, str]) -> str:
    text = DEFAULT_PATTERN
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


ANY_ACTION = changed(('action="REJECT"', "action"))
ONE_PORT = changed(('destport="22" || destport="3389"', 'destport="22"'))

FITS = {
    "the guide's": (DEFAULT_PATTERN, V2, [True, True], []),
    "the guide's over more fields": (DEFAULT_PATTERN, LONGER, [True, True], []),
    "the guide's over another order": (DEFAULT_PATTERN, FULL, [False, False], []),
    "one port": (ONE_PORT, V2, [True, False], []),
    "without protocol": (changed(('protocol="6"', "protocol")), V2, [True, True], [OTHER_PROTOCOLS]),
    "without action": (ANY_ACTION, V2, [True, True], [ACCEPTED]),
    "without action on rejects only": (ANY_ACTION, REJECTS, [True, True], []),
    "accepted traffic only": (DEFAULT_PATTERN, ACCEPTS, [False, False], []),
    "all rejects": ("[..., action = REJECT, s]", V2, [True, True], [OTHER_PORTS, OTHER_PROTOCOLS]),
    "everything": ("", V2, [True, True], [ACCEPTED, OTHER_PORTS, OTHER_PROTOCOLS]),
    "one port more": (changed(('"3389"', '"3389" || destport="445"')), V2, [True, True], [OTHER_PORTS]),
    "all ports below 23": (changed(('="22"', "<23")), V2, [True, True], [OTHER_PORTS]),
    "a range of one": (changed(('destport="22"', "destport>21 && destport<23")), V2, [True, True], []),
    "a star": (changed(('"22"', '"22*"')), V2, [True, True], [OTHER_PORTS]),
    "a regular expression": (
        changed(('destport="22" || destport="3389"', "destport=%^22$|^3389$%")), V2, [True, True], [],
    ),
    "a loose one": (changed(('destport="22"', "destport=%22%")), V2, [True, True], [OTHER_PORTS]),
    "another version": (changed(("[version", "[version = 3")), V2, [False, False], []),
    "this version": (changed(("[version", "[version = 2")), V2, [True, True], []),
    "this version of a longer format": (changed(("[version", "[version = 2")), LONGER, [False, False], []),
    "outside sources only": (changed(("source,", "source != 10.*,")), V2, [False, False], []),
    "sources that are there": (changed(("source,", 'source != "-",')), V2, [True, True], []),
    "targets that are there": (changed(("destination,", 'destination != "-",')), V2, [True, True], []),
    "some targets": (changed(("destination,", "destination = 10.0.*,")), V2, [None, None], []),
    "one interface": (changed(("eni,", "eni = eni-1,")), V2, [None, None], []),
    "any interface": (changed(("eni,", "eni = eni-*,")), V2, [True, True], []),
    "several packets": (changed(("packets,", "packets > 2,")), V2, [False, False], []),
    "IPv4 only": (changed(("source,", "source = *.*,")), V6, [False, False], []),
    "json": ("{ $.dstport = 22 }", V2, [False, False], []),
    "word": ("REJECT", V2, [True, True], [OTHER_PORTS, OTHER_PROTOCOLS]),
    "two words": ('"REJECT" "22"', V2, [True, None], [OTHER_PORTS, OTHER_PROTOCOLS]),
    "no port recorded": ("[v, s, action = REJECT]", NO_PORT, [False, False], [OTHER_PORTS, OTHER_PROTOCOLS]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "layout", "caught", "extra"), FITS.values(), ids=FITS.keys())
def test_what_a_pattern_chooses(text, layout, caught, extra):
    found = fit(parse_pattern(text), layout, PORTS)
    assert [each.answer for _, each in found.caught] == caught
    certain = [each.what for each in found.extra if each.answer is True]
    assert certain == extra


def test_a_miss_names_the_field_at_that_place():
    found = dict(fit(parse_pattern(DEFAULT_PATTERN), FULL, PORTS).caught)[22]
    assert "destport stands at field 7, where the records have dstaddr" in found.why
    found = dict(fit(parse_pattern(ONE_PORT), V2, PORTS).caught)[3389]
    assert "destport (field 7) is not met by dstport 3389" in found.why


PIECES = {
    "port": st.sampled_from(
        ["", "= 22", "= 3389", "!= 22", "> 21", "< 23", "= 22*", "= 3*", "= *9", "!= 443", ">= 3389", "<= 22"]
    ),
    "protocol": st.sampled_from(["", "= 6", "!= 17", "< 7", "= *"]),
    "action": st.sampled_from(["", "= REJECT", "!= ACCEPT", "= RE*", "= ACCEPT", "!= REJECT"]),
}


@st.composite
def patterns(draw):
    """Return a pattern over the default format with random conditions on port, protocol and action."""
    words = [field.replace("-", "_") for field in DEFAULT_FIELDS]
    for field, key in (("dstport", "port"), ("protocol", "protocol"), ("action", "action")):
        pieces = [draw(PIECES[key]) for _ in range(draw(st.integers(1, 2)))]
        sign = draw(st.sampled_from([" && ", " || "]))
        text = sign.join(f"{field} {piece}" for piece in pieces if piece)
        words[DEFAULT_FIELDS.index(field)] = text or field
    if draw(st.booleans()):
        words = [*words[:13], "..."]
    return f"[{', '.join(words)}]"


@given(patterns())
def test_the_classes_stand_for_every_record(text):
    pattern = parse_pattern(text)
    found = fit(pattern, V2, PORTS)
    tried = (0, 1, 21, 22, 23, 80, 220, 221, 443, 2200, 2209, 3000, 3388, 3389, 3390, 22000, 39999, 65529, 65535)

    def matching(action: str, protocol: str, port: int) -> bool:
        return line_matches(pattern, V2.line(action=action, protocol=protocol, dstport=str(port))) is True

    for port, caught in found.caught:
        assert caught.answer is matching("REJECT", "6", port)
    accepted = any(matching("ACCEPT", "6", port) for port in PORTS)
    extra = {each.what: each for each in found.extra}
    assert (ACCEPTED in extra) is accepted
    if any(matching(action, "6", port) for action in BOTH for port in tried if port not in PORTS):
        assert OTHER_PORTS in extra
    elif OTHER_PORTS in extra:
        example = int(extra[OTHER_PORTS].example)
        assert any(matching(action, "6", example) for action in BOTH)


FIELDS = st.lists(st.sampled_from(sorted(VERSION_OF)), unique=True, max_size=40)


@given(FIELDS, st.permutations(["dstport", "protocol", "action"]), st.integers(0, 40))
def test_the_pattern_that_is_proposed_fits_any_format(fields, needed, at):
    others = [field for field in fields if field not in needed]
    layout = Layout((*others[:at], *needed, *others[at:]), BOTH)
    found = fit(parse_pattern(login_pattern(layout.fields, PORTS)), layout, PORTS)
    assert [each.answer for _, each in found.caught] == [True, True]
    assert found.extra == ()


@pytest.mark.parametrize("count", [54, 14])
def test_the_pattern_that_is_proposed_is_short_enough(count):
    fields = [*(field for field in VERSION_OF if field not in ("dstport", "protocol", "action")), "dstport", "protocol"]
    text = login_pattern([*fields[-count:], "action"], PORTS)
    assert len(text) <= 1024


THROUGH = {
    "everything": ("", True),
    "rejects": ("[..., action = REJECT, s]", True),
    "with an address": (
        '[version, account, eni, srcaddr != "-", dstaddr != "-", srcport != "-", dstport != "-", protocol, packets, '
        "bytes, start, end, action, s]",
        True,
    ),
    "logins only": (DEFAULT_PATTERN, False),
    "all but one port": ("[v, a, e, s, d, sp, dp != 8080, ...]", False),
    "accepted": ("[..., action = ACCEPT, s]", False),
    "of another format": ("[..., action = REJECT]", False),
    "one interface": ("[v, a, eni = eni-1, ...]", None),
    "broken": ("[v", None),
    "json": ("{ $.a = 1 }", False),
}


@pytest.mark.parametrize(("text", "answer"), THROUGH.values(), ids=THROUGH.keys())
def test_what_a_pattern_lets_through(text, answer):
    assert lets_through(parse_pattern(text), V2, frozenset({"REJECT"})).answer is answer
