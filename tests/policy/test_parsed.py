"""The shipped policies as they are read at start: parsed beforehand, and only while that is up to date."""

from __future__ import annotations

import json

import pytest

from checker.policy import shipped
from checker.policy.reader import read_document
from checker.policy.shipped import PARSED, data_folder, parsed_text, shipped_document

FILES = sorted(data_folder().glob("*.yaml"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the shipped files with what was parsed of them, read afresh."""
    for path in FILES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(shipped, "data_folder", lambda: tmp_path)
    (tmp_path / PARSED).write_text(parsed_text(), encoding="utf-8")
    shipped_document.cache_clear()
    shipped._parsed.cache_clear()
    yield tmp_path
    shipped_document.cache_clear()
    shipped._parsed.cache_clear()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_what_is_parsed_beforehand_is_what_the_file_says(folder, path):
    assert shipped_document(path.stem) == read_document(path, "policy").data


def test_the_shipped_file_is_up_to_date():
    assert (data_folder() / PARSED).read_text(encoding="utf-8") == parsed_text(), "write it anew: make docs"


def test_yaml_is_not_read_again(folder, monkeypatch):
    monkeypatch.setattr(shipped, "read_document", None)
    assert shipped_document("baseline")["name"] == "baseline"


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"baseline": {"sha256": "0", "content": {"name": "old"}}})])
def test_a_file_that_changed_since_is_read(folder, text):
    (folder / PARSED).write_text(text, encoding="utf-8")
    shipped._parsed.cache_clear()
    assert shipped_document("baseline")["name"] == "baseline"
