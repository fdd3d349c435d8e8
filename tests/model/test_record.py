"""Records are held against the standard library's dataclasses: the same class body, made by both."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import pytest

from checker.model import record

OPTIONS = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "kw_only": True},
    {"frozen": True, "slots": True, "order": True},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True, "slots": True, "repr": False},
]
NAMES = [",".join(sorted(each)) or "plain" for each in OPTIONS]


def pair(maker, field, options):
    """A base, and a class derived from it with everything that a field can be."""

    @maker(**options)
    class Base:
        """Base."""

        kind: ClassVar[str] = "kind"
        a: int
        b: str = "b"

    @maker(**options)
    class Child(Base):
        """Child."""

        c: tuple[int, ...] = field(default=())
        d: list[int] = field(default_factory=list, repr=False)
        e: int = field(default=7, compare=False)
        f: dict[str, int] = field(init=False, default_factory=dict)
        b: str = "other"

        def double(self) -> int:
            return self.a * 2

    return Base, Child


@pytest.fixture(params=[0, 9], ids=["new", "compiled"])
def used(request):
    """How many instances were made of a class before: the first few are made another way."""
    return request.param


@pytest.fixture(params=OPTIONS, ids=NAMES)
def both(request, used):
    ours = pair(record.dataclass, record.field, request.param)
    theirs = pair(dataclasses.dataclass, dataclasses.field, request.param)
    for cls in ours:
        for _ in range(used):
            cls(a=1)
    return ours, theirs, request.param


def made(classes):
    base, child = classes
    return [base(a=1), base(a=1, b="x"), base(a=2), child(a=1), child(a=1, e=8), child(a=1, c=(2,), d=[3], b="z")]


def outcome(action):
    """What an action gives, or the error it ends in."""
    try:
        return action()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


def test_values_equality_order_hash_and_text_are_those_of_dataclasses(both):
    ours, theirs, options = both
    for one, two in zip(made(ours), made(theirs), strict=True):
        names = [each.name for each in record.fields(one)]
        assert names == [each.name for each in dataclasses.fields(two)]
        assert [getattr(one, name) for name in names] == [getattr(two, name) for name in names]
        if options.get("repr", True):
            assert repr(one) == repr(two)
        if options.get("eq", True):
            assert outcome(lambda one=one: hash(one)) == outcome(lambda two=two: hash(two))
    for wanted in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
        for one, two in zip(made(ours), made(theirs), strict=True):
            for other, another in zip(made(ours), made(theirs), strict=True):
                assert outcome(lambda a=one, b=other: getattr(a, wanted)(b)) == outcome(  # noqa: B023
                    lambda a=two, b=another: getattr(a, wanted)(b)  # noqa: B023
                )


def test_parameters_of_init_are_those_of_dataclasses(both):
    ours, theirs, _ = both
    for one, two in zip(ours, theirs, strict=True):
        for _ in range(9):  # the first few instances are made without a compiled __init__
            one(a=1)
        shapes = [
            [(each.name, each.kind, each.default is each.empty) for each in inspect.signature(cls).parameters.values()]
            for cls in (one, two)
        ]
        assert shapes[0] == shapes[1]
    for words in ({}, {"a": 1, "f": {}}, {"a": 1, "nothing": 2}, {"b": "x"}):
        assert outcome(lambda words=words: ours[1](**words)) is outcome(lambda words=words: theirs[1](**words))
        assert outcome(lambda words=words: ours[1](**words)) is TypeError
    assert (outcome(lambda: ours[0](1)) is TypeError) == (outcome(lambda: theirs[0](1)) is TypeError)


def test_what_is_frozen_stays_so_and_what_has_slots_takes_nothing_else(both):
    ours, theirs, _ = both
    for one, two in zip(made(ours), made(theirs), strict=True):
        for act in (
            lambda item: setattr(item, "a", 5),
            lambda item: delattr(item, "a"),
            lambda item: setattr(item, "new", 1),
        ):
            kinds = [outcome(lambda item=item, act=act: act(item)) for item in (one, two)]
            assert kinds[0] is kinds[1] or {kinds[0], kinds[1]} <= {dataclasses.FrozenInstanceError, TypeError}
            assert hasattr(one, "a") == hasattr(two, "a")


def test_a_factory_makes_a_new_value_each_time(both):
    (_, child), _, _ = both
    assert child(a=1).d is not child(a=1).d
    assert child(a=1).f == {}
    assert child(a=1).double() == 2
    assert child.kind == "kind"


def test_replace_copies_and_checks(both):
    (_, child), (_, theirs), _ = both
    before = child(a=1, d=[3])
    after = record.replace(before, a=2)
    assert (after.a, after.d, before.a) == (2, [3], 1)
    assert dataclasses.replace(before, a=2).a == 2
    for words in ({"f": {}}, {"nothing": 1}):
        ours = outcome(lambda words=words: record.replace(before, **words))
        found = {ours, outcome(lambda words=words: dataclasses.replace(theirs(a=1), **words))}
        assert len(found) == 1 or found == {ValueError, TypeError}  # Python 3.13 raises the other of the two


def test_the_functions_of_dataclasses_accept_records(both):
    ours, theirs, _ = both
    one, two = made(ours)[-1], made(theirs)[-1]
    assert dataclasses.asdict(one) == dataclasses.asdict(two)
    assert dataclasses.is_dataclass(one)
    assert record.is_dataclass(one)
    assert record.is_dataclass(two)
    assert not record.is_dataclass(5)


def test_a_dataclass_may_derive_from_a_record(both):
    (base, _), _, options = both
    child = dataclasses.dataclass(**options)(type("Late", (base,), {"__annotations__": {"z": "int"}, "z": 4}))
    assert (child(a=1).a, child(a=1).z) == (1, 4)


@record.dataclass(frozen=True, slots=True)
class Kept:
    """At the top of a module, so that it can be pickled."""

    a: int
    b: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("negative")


def test_records_can_be_copied_and_pickled():
    kept = Kept(1, ("x",))
    assert copy.copy(kept) == kept
    assert copy.deepcopy(kept) == kept
    assert pickle.loads(pickle.dumps(kept)) == kept  # noqa: S301 - made here
    assert hash(copy.copy(kept)) == hash(kept)


def test_post_init_is_called():
    with pytest.raises(ValueError, match="negative"):
        Kept(-1)


def test_what_a_class_defines_itself_stays():
    @record.dataclass(frozen=True, slots=True)
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __hash__(self) -> int:
            return 5

    assert (repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == ("own", True, 5)


@pytest.mark.parametrize(("args", "given"), [((1,), {"a": 1}), ((1, (), 3), {}), ((), {}), ((1,), {"c": 1})])
def test_wrong_arguments_are_type_errors(used, args, given):
    @record.dataclass(frozen=True, slots=True)
    class Two:
        a: int
        b: tuple[int, ...] = ()

    for _ in range(used):
        Two(1, b=(2,))
    with pytest.raises(TypeError, match="argument"):
        Two(*args, **given)
    assert (Two(1, (2,)).a, Two(1, b=(2,)).b, Two(a=1).b) == (1, (2,), ())


def test_a_class_derived_by_hand_keeps_its_class_and_its_guard(used):
    class Derived(Kept):
        pass

    for _ in range(used):
        Kept(1)
    one = Derived(1, ("x",))
    assert type(one) is Derived
    assert (one.a, one.b, type(Kept(1))) == (1, ("x",), Kept)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2
