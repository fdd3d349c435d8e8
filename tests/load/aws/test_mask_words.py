"""Words are replaced by words of the same make, so that comparisons between them come out as before."""

from __future__ import annotations

import ipaddress
import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.load.aws.mask_words import Words

WORDS = Words(b"k" * 32)
NAMES = st.text(st.sampled_from("abcXYZ019-_./é"), max_size=20)


@given(NAMES, NAMES)
def test_two_names_are_one_only_if_they_were(one: str, other: str) -> None:
    assert (WORDS.name(one) == WORDS.name(other)) == (one == other)


MASKED_WORDS = st.text(st.sampled_from("abXYZ019-_./"), max_size=20).map(
    lambda text: re.sub("(^|[-_./])[0-9]+", "", text)
)
"""No word, and no start of one, is a number or another word that is kept."""


@given(MASKED_WORDS, MASKED_WORDS, st.integers(0, 20))
def test_what_starts_a_name_starts_its_mask(name: str, other: str, at: int) -> None:
    assert fnmatchcase(WORDS.name(name), WORDS.name(f"{name[:at]}*"))
    assert fnmatchcase(WORDS.name(other), WORDS.name(f"{name[:at]}*")) == other.startswith(name[:at])


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("acme-*-logs", "acme-prod-logs"), ("*", "x"), ("acme-flow*", "acme-flowlogs-1"), ("*/acme", "b/acme"),
        ("role/*", "role/team/acme"), ("acme-${aws:SourceAccount}-*", "acme-${aws:SourceAccount}-x"),
    ],
)  # fmt: skip
def test_wildcards_match_what_they_matched(pattern: str, name: str) -> None:
    assert fnmatchcase(name, pattern)
    assert fnmatchcase(WORDS.name(name), WORDS.name(pattern))


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*logs", "flowlogs"), ("/acme/?pc", "/acme/vpc"), ("acme-log*", "acme-logs"), ("acme-lo*", "acme-log"),
        ("acme-20*", "acme-20260304"), ("acme-vpc-01*", "acme-vpc-0123456789abcdef0"),
    ],
)  # fmt: skip
def test_a_wildcard_within_a_word_may_match_no_more(pattern: str, name: str) -> None:
    assert fnmatchcase(name, pattern)
    assert not fnmatchcase(WORDS.name(name), WORDS.name(pattern))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("111122223333", r"[0-9]{12}"), ("vpc-0123456789abcdef0", r"vpc-[0-9a-f]{17}"),
        ("i-12345678", r"i-[0-9a-f]{8}"),
        ("11112222-3333-4444-5555-666677778888", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("AROA1234567890ABCDEFG", r"AROA[0-9A-F]{17}"), ("o-abcdef1234", r"o-[0-9a-f]{10}"),
        ("mrk-" + "0f" * 16, r"mrk-[0-9a-f]{32}"), ("jane@example.org", r"masked-[0-9a-f]{12}@example\.com"),
        ("x_fl-0123456789abcdef0_y", r"x_fl-[0-9a-f]{17}_y"), ("ou-ab12-abcdefgh", r"ou-[0-9a-f]{4}-[0-9a-f]{8}"),
    ],
)  # fmt: skip
def test_ids_keep_their_shape(text: str, shape: str) -> None:
    masked = WORDS.ids(text)
    assert masked != text
    assert re.fullmatch(shape, masked)
    assert WORDS.ids(f"({text})") in (f"({masked})", WORDS.ids(f"({text})"))


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/16",
        "2026-03-04",
        "eu-west-1",
        "1234567890123",
        "",
        "use1-az1",
        "0.0.0.0/0",
        "v1",
        "tcp",
        "2001:db8::/32",
    ],
)
def test_what_is_no_id_is_kept(text: str) -> None:
    assert WORDS.ids(text) == text


def test_an_id_within_a_name_is_the_same_as_outside() -> None:
    assert WORDS.ids("eni-0123456789abcdef0") in WORDS.name("acme-eni-0123456789abcdef0-all")
    assert WORDS.ids("111122223333") in WORDS.name("acme-111122223333-eu-west-1")


def test_an_address_becomes_one_of_the_range_for_benchmarks() -> None:
    masked = WORDS.address("203.0.113.77")
    assert ipaddress.ip_address(masked) in ipaddress.ip_network("198.18.0.0/15")
    assert masked == WORDS.address("203.0.113.77") != WORDS.address("203.0.113.78")
    assert WORDS.address("") == WORDS.hidden("") == ""


def test_the_key_is_not_shown() -> None:
    assert repr(WORDS) == "Words()"
