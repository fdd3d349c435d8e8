"""Whatever stands in a plan or state, the loader answers with a network or with one typed error."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.errors import CheckerError
from checker.load.plan import PlanInput, load_plans
from checker.load.state import load_states
from tests.load.made import PLANS

SEEDS = [
    PLANS / "references" / "plan.json",
    PLANS / "secrets" / "plan.json",
    PLANS / "p05_known_ids" / "plan.json",
    PLANS / "modes" / "drifted.json",
    PLANS / "modes" / "moved.json",
    PLANS / "modes" / "targeted.json",
]
STATE = PLANS / "modes" / "state.json"

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
WORDS = st.sampled_from(
    [
        "references", "constant_value", "address", "change", "mode", "type", "name", "values", "resources",
        "child_modules", "after_unknown", "local.x", "each.value", "aws_vpc.a", "module.net", "aws_vpc.c[0].id", "[",
        "", "\ud800", "a" * 300, "aws_flow_log", "delete", "forget",
    ]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, outermost first."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return None if value is REMOVED else value
    target = document
    for step in path[:-1]:
        target = target[step]
    if value is REMOVED and isinstance(target, dict):
        del target[path[-1]]
    else:
        target[path[-1]] = None if value is REMOVED else value
    return document


REMOVED = object()
DOCUMENTS = {path: json.loads(path.read_text()) for path in [*SEEDS, STATE] if path.exists()}
PLACES = {path: places(document) for path, document in DOCUMENTS.items()}


def load(data: bytes, kind: str) -> None:
    """Load; only typed errors with a message and a hint may come out."""
    loader = load_states if kind == "state" else load_plans
    try:
        loader([PlanInput(None, data, "x")], find_source=False)
    except CheckerError as error:
        assert error.exit_code == 2, error
        assert str(error)


@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_plan_with_anything_put_anywhere_gives_a_network_or_a_typed_error(data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    document = copy.deepcopy(DOCUMENTS[seed])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES[seed]))
        value = data.draw(st.just(REMOVED) | ANYTHING | WORDS | st.lists(WORDS, max_size=3))
        try:
            document = put(document, path, value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    load(json.dumps(document).encode(), "plan")


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_state_with_anything_put_anywhere_gives_a_network_or_a_typed_error(data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENTS[STATE])
    path = data.draw(st.sampled_from(PLACES[STATE]))
    document = put(document, path, data.draw(st.just(REMOVED) | ANYTHING | WORDS))
    load(json.dumps(document).encode(), "state")


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_file_gives_a_typed_error(data: st.DataObject) -> None:
    raw = (PLANS / "p05_known_ids" / "plan.json").read_bytes()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    load(raw[:start] + data.draw(st.binary(max_size=6)) + raw[end:], data.draw(st.sampled_from(["plan", "state"])))


@settings(max_examples=800, deadline=None)
@given(raw=st.binary(max_size=60), kind=st.sampled_from(["plan", "state"]))
def test_any_bytes_give_a_typed_error(raw: bytes, kind: str) -> None:
    load(raw, kind)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_seeds_themselves_load(seed: Any) -> None:
    loaded = load_plans([PlanInput(seed, None, "x")], find_source=False)
    assert loaded.after.vpcs
