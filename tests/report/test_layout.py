from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.report.layout import _wrap_pieces, _wrap_words, wrap

WORDS = st.text("ab./ _-", max_size=30)


@given(st.lists(WORDS, max_size=12).map(" ".join).map(str.strip), st.integers(12, 40))
def test_the_quick_way_to_wrap_gives_the_same_lines(text: str, width: int) -> None:
    quick = _wrap_words(text, width) if len(text) > width else None
    assert quick is None or quick == _wrap_pieces(text, width)


def test_ordinary_text_is_wrapped_the_quick_way() -> None:
    text = "Traffic that is not recorded cannot be investigated"
    assert _wrap_words(text, 20) == ["Traffic that is not", "recorded cannot be", "investigated"]
    assert wrap(text, 20) == _wrap_words(text, 20)


def test_a_gap_and_a_long_word_are_left_to_the_other_way() -> None:
    assert _wrap_words("a  b " * 9, 20) is None
    assert _wrap_words("module.net.aws_vpc.this[0] is", 20) is None
