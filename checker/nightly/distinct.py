"""Places of a night's configuration that cannot be, or that would be written over one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from os.path import normpath
from typing import Any, TypeAlias

from checker.errors import UsageError
from checker.history import open_documents
from checker.history.s3_documents import START, split_place
from checker.policy.problem import Steps, steps_text

Beside: TypeAlias = Callable[[str], str]
"""Gives a path of the file as seen from the working folder."""


def place_problems(data: Mapping[str, Any], beside: Beside, own: str) -> Iterator[tuple[Steps, str]]:
    """Yield keys and what is wrong with the place they name, of a configuration that fits its schema.

    ``own`` is the path of the configuration itself.
    """
    try:
        open_documents(beside(data["store"]["where"]), session=lambda: None)
    except UsageError as error:
        yield ("store", "where"), f"{error}; {error.hint}" if error.hint else str(error)
    if "://" in data["work"]:
        yield ("work",), "must be a folder of this machine"
    taken: dict[str, str] = {normpath(own): "this file"}
    for steps, word, written in _places(data):
        if written and (says := _no_place(word)):
            yield steps, says
        place = normpath(beside(word)) if "://" not in word else word
        if place in taken and written:
            yield steps, f"would be written over {taken[place]}"
        taken.setdefault(place, steps_text(steps))


def _no_place(word: str) -> str | None:
    """Return why nothing can be written there; None where it can."""
    if word.startswith(START):
        try:
            split_place(word)
        except UsageError as error:
            return f"{error}; {error.hint}" if error.hint else str(error)
        return None
    return "neither a path nor s3://BUCKET/KEY" if "://" in word else None


def _places(data: Mapping[str, Any]) -> Iterator[tuple[Steps, str, bool]]:
    """Yield what is read, then what is written: the key, the place, and whether it is written."""
    evidence = data.get("evidence", {})
    for steps, holder in ((("policy",), data), (("waivers",), data), (("evidence", "sign_key"), evidence)):
        if steps[-1] in holder:
            yield steps, holder[steps[-1]], False
    yield from _secrets(data)
    yield ("store", "where"), data["store"]["where"], False
    if evidence:
        yield ("evidence", "to"), evidence["to"], True
    for list_ in ("outputs", "heartbeat"):
        for at, each in enumerate(data.get(list_, ())):
            if "to" in each:
                yield (list_, at, "to"), each["to"], True
    if "outcome" in data:
        yield ("outcome",), data["outcome"], True


def _secrets(data: Mapping[str, Any]) -> Iterator[tuple[Steps, str, bool]]:
    for list_, key in (("notifications", "webhook"), ("heartbeat", "url")):
        for at, each in enumerate(data.get(list_, ())):
            if "file" in each.get(key, {}):
                yield (list_, at, key, "file"), each[key]["file"], False
