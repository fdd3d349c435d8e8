"""Runs in a store: once each, whatever else uses the store, and however much of it is dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import CheckerError, StoreError, UsageError
from checker.history import Book, Documents, Keep, Run, open_documents
from checker.history.book import series_in
from checker.history.documents import Documents as Protocol
from checker.history.run import from_bytes, to_bytes
from checker.history.sqlite_documents import SqliteDocuments
from checker.history.state_file import state_bytes, state_from
from checker.history.tracks import State, advance
from tests.history.made import FAIL, PASS, UNKNOWN, WAIVED, day, finding, key, run
from tests.support.conftest import moto, moto_process
from tests.support.moto_server import Server

__all__ = ["moto", "moto_process"]


class Memory:
    """Documents in memory, for properties."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, int]] = {}

    def keys(self, prefix: str) -> list[str]:
        return sorted(each for each in self.kept if each.startswith(prefix))

    def read(self, key: str) -> tuple[bytes, str] | None:
        return (self.kept[key][0], str(self.kept[key][1])) if key in self.kept else None

    def create(self, key: str, body: bytes) -> bool:
        if key in self.kept:
            return False
        self.kept[key] = (body, 1)
        return True

    def replace(self, key: str, body: bytes, version: str) -> bool:
        if key not in self.kept or str(self.kept[key][1]) != version:
            return False
        self.kept[key] = (body, int(version) + 1)
        return True

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def described(self) -> str:
        return "memory"


@pytest.fixture(params=["sqlite", "s3"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Protocol]:
    if request.param == "sqlite":
        yield open_documents(str(tmp_path / "deep" / "runs.sqlite"), session=lambda: None)
        return
    server: Server = request.getfixturevalue("moto")
    server.client("s3").create_bucket(Bucket="runs")

    class Session:
        def client(self, service: str, **_: object) -> object:
            return server.client(service)

    yield open_documents("s3://runs/a/b", session=Session)


BAD, GOOD = finding("vpc-a", FAIL), finding("vpc-a", PASS)


def test_documents_are_created_once_and_replaced_by_who_read_them(documents: Documents) -> None:
    assert documents.keys("") == []
    assert documents.read("a/1") is None
    assert documents.create("a/1", b"one")
    assert not documents.create("a/1", b"two")
    body, version = documents.read("a/1") or (b"", "")
    assert body == b"one"
    assert documents.replace("a/1", b"three", version)
    assert not documents.replace("a/1", b"four", version), "it has changed since"
    assert not documents.replace("a/9", b"x", version), "there is none"
    assert (documents.read("a/1") or (b"",))[0] == b"three"
    documents.create("a_1", b"")
    documents.create("b/1", b"")
    assert documents.keys("a/") == ["a/1"]
    documents.delete("a/1")
    documents.delete("a/1")
    assert documents.keys("") == ["a_1", "b/1"]


def test_a_run_is_kept_once_and_told_against_those_before(documents: Documents) -> None:
    book = Book(documents, "nightly")
    first = book.add(run(day(1), BAD))
    assert (first.added, len(first.step.new), first.before.points) == (True, 1, ())
    again = book.add(run(day(1), BAD))
    assert (again.added, len(again.step.new)) == (False, 1)
    second = book.add(run(day(2), GOOD))
    assert [how.value for _, how in second.step.ended] == ["fixed"]
    assert [each.started_at for each in second.after.points] == [day(1), day(2)]
    assert book.run_ids() == [first.run.run_id, second.run.run_id]
    assert Book(documents, "other").run_ids() == []
    assert series_in(documents) == ["nightly"]


def test_a_run_that_comes_late_stands_where_it_belongs(documents: Documents) -> None:
    book = Book(documents, "s")
    book.add(run(day(1), BAD))
    book.add(run(day(5), BAD))
    late = book.add(run(day(3), GOOD))
    assert len(late.step.ended) == 1
    track = book.state().tracks[key("vpc-a")]
    assert (track.since, track.returns) == (day(5), (day(5),)), "the kept state rested on other runs"


def _runs(words: str) -> list[Run]:
    """Return a run for each letter: what became of vpc-a, vpc-b always failing."""
    statuses = {"f": FAIL, "p": PASS, "u": UNKNOWN, "w": WAIVED}
    other = finding("vpc-b", FAIL)
    return [
        run(day(number), other, *([finding("vpc-a", statuses[letter])] if letter in statuses else []))
        for number, letter in enumerate(words, 1)
    ]


@given(st.text("fpuwg", min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_adding_and_what_is_kept_beside_make_no_difference(words: str, chance: object) -> None:
    runs = _runs(words)
    plain = State()
    for each in runs:
        plain, _ = advance(plain, each)
    documents = Memory()
    shuffled = list(runs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for each in shuffled:
        Book(documents, "s").add(each)
        assert Book(documents, "s").state(each.run_id) == Book(documents, "s").state(each.run_id)
    assert Book(documents, "s").state() == plain
    for each in documents.keys("states/"):
        documents.delete(each)
    assert Book(documents, "s").state() == plain


@given(st.text("fpuwg", min_size=2, max_size=12), st.integers(1, 6))
def test_dropped_runs_leave_what_is_open_as_old_as_it_was(words: str, kept: int) -> None:
    documents = Memory()
    book = Book(documents, "s")
    whole = State()
    for each in _runs(words):
        whole, _ = advance(whole, each)
        book.add(each)
        book.prune(Keep(runs=kept))
    assert len(book.run_ids()) == min(kept, len(words))
    state = book.state()
    assert [each.run_id for each in state.points] == book.run_ids()
    for name, track in whole.tracks.items():
        if track.standing != "ended":
            assert (state.tracks[name].since, state.tracks[name].standing) == (track.since, track.standing)


def test_what_an_interrupted_dropping_left_is_swept_up() -> None:
    documents = Memory()
    book = Book(documents, "s")
    runs = [run(day(number), BAD) for number in range(1, 6)]
    for each in runs:
        book.add(each)
    left = dict(documents.kept)
    book.prune(Keep(runs=2))
    for name, value in left.items():
        if name.startswith("runs/"):
            documents.kept.setdefault(name, value)  # killed after the base was written, before the runs went
    assert len(book.run_ids()) == 2, "those up to the base do not count"
    assert book.state().tracks[BAD.id].since == day(1)
    book.prune(Keep(runs=2))
    assert len(documents.keys("runs/")) == 2


@pytest.mark.parametrize(
    ("word", "days", "dropped"),
    [("3", 5, 2), ("9", 5, 0), ("2d", 5, 2), ("400d", 5, 0), ("1", 1, 0), ("1d", 1, 0)],
)
def test_how_much_is_kept(word: str, days: int, dropped: int) -> None:
    assert Keep.parse(word).dropped([day(number) for number in range(1, days + 1)]) == dropped


@pytest.mark.parametrize("word", ["", "0", "0d", "d", "-1", "1w", "1.5d", "999999d"])
def test_what_is_no_bound_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--keep"):
        Keep.parse(word)


@pytest.mark.parametrize("word", ["latest", "latest~1", "20260301", "20260302T020000Z-"])
def test_runs_are_found_by_name(word: str) -> None:
    book = Book(Memory(), "s")
    ids = [book.add(run(day(number), BAD)).run.run_id for number in (1, 2)]
    expected = {"latest": ids[1], "latest~1": ids[0], "20260301": ids[0], "20260302T020000Z-": ids[1]}
    assert book.find(word) == expected[word]
    for wrong in ("latest~2", "2026", "x"):
        with pytest.raises(UsageError, match=wrong):
            book.find(wrong)


def test_documents_are_read_as_they_were_written() -> None:
    made = run(day(1), BAD, finding("vpc-w", WAIVED), GOOD, finding("é\ud800", PASS))
    assert from_bytes(to_bytes(made), "x") == made
    assert to_bytes(made) == to_bytes(from_bytes(to_bytes(made), "x"))
    state, _ = advance(State(), made)
    assert state_from(state_bytes(state, "c", "t"), "x") == (state, "c", "t")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x1f\x8b", to_bytes(run(day(1), BAD))[:-9]], ids=["empty", "text", "start", "cut"]
)
def test_a_damaged_document_is_told_by_name(data: bytes) -> None:
    with pytest.raises(StoreError, match="where"):
        from_bytes(data, "where")


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes", tmp_path / "other.sqlite"
    text.write_text("not a database, but long enough to be looked at " * 100)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=path.name):
            SqliteDocuments(path).create("a", b"")
        assert path.read_bytes() == before


@pytest.mark.parametrize("word", ["s3://", "s3:///x", "s3://UPPER/x", "gs://bucket/x", "https://x/y"])
def test_what_cannot_be_a_store_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        open_documents(word, session=lambda: None)


def test_a_bucket_that_is_not_there_is_told(moto: Server) -> None:
    class Session:
        def client(self, service: str, **_: object) -> object:
            return moto.client(service)

    with pytest.raises(CheckerError, match="NoSuchBucket"):
        Book(open_documents("s3://nowhere-at-all/x", session=Session), "s").add(run(day(1), BAD))
