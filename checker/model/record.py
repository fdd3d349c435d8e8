"""Records: ``dataclass``, ``field``, ``replace`` and ``fields`` as the standard library has them, but cheap to define.

``dataclasses`` compiles some six functions for every class and makes each class with slots twice. With more than two
hundred classes that was half of the start-up time (docs/adr). Here equality, hash, text and the guard against changes
are written once, and only ``__init__`` is compiled, when a class is first used. To a type checker these *are* the
functions of ``dataclasses``; ``tests/model/test_record.py`` holds the two against each other. Functions of
``dataclasses`` such as ``asdict`` accept records; positional class patterns (``__match_args__``), ``InitVar`` and
``weakref_slot`` are left out. Annotations must be text (``from __future__ import annotations``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import attrgetter, ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Final, NoReturn

_MISSING: Final[Any] = object()

_UNCOMPILED: Final = 4
"""Instances that are made before ``__init__`` is compiled."""

_FEW: Final = 2
"""Fields from which on it pays to take the guard off while they are set."""


class Field:
    """One field: what ``field()`` was told, and the name it stands under."""

    __slots__ = ("compare", "default", "default_factory", "init", "kw_only", "name", "repr")

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        init: bool = True,
        repr: bool = True,
        compare: bool = True,
        kw_only: bool = False,
    ) -> None:
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare
        self.kw_only = kw_only

    @property
    def optional(self) -> bool:
        """Whether it has a default."""
        return self.default is not _MISSING or self.default_factory is not _MISSING


class _Record:
    """What is known of one record class: its options and, worked out when first asked for, its fields."""

    def __init__(self, own: Mapping[str, Any], options: Mapping[str, bool]) -> None:
        self.own = own
        """Field name to its default, its Field, or ``_MISSING``; without those that are inherited."""
        self.options = options
        self.frozen = options["frozen"]
        self.owner: type = object
        self._fields: dict[str, Field] | None = None
        self._compared: Callable[[Any], tuple[Any, ...]] | None = None
        self._given: tuple[list[str], Callable[[Any], tuple[Any, ...]], frozenset[str]] | None = None
        self.as_dataclass: dict[str, Any] | None = None

    @property
    def fields(self) -> dict[str, Field]:
        """All fields by name, inherited ones first."""
        if self._fields is None:
            found: dict[str, Field] = {}
            for base in reversed(self.owner.__mro__[1:]):
                if "__record__" in base.__dict__:
                    found |= base.__dict__["__record__"].fields
            for name, given in self.own.items():
                found[name] = made = given if isinstance(given, Field) else Field(default=given)
                made.name = name
                made.kw_only = made.kw_only or self.options["kw_only"]
            self._fields = found
        return self._fields

    @property
    def compared(self) -> Callable[[Any], tuple[Any, ...]]:
        """Takes the values that equality, order and hash are about."""
        if self._compared is None:
            self._compared = _taker([each.name for each in self.fields.values() if each.compare])
        return self._compared

    @property
    def given(self) -> tuple[list[str], Callable[[Any], tuple[Any, ...]], frozenset[str]]:
        """The fields that ``__init__`` takes, what takes their values, and the names of the other fields."""
        if self._given is None:
            names = [name for name, each in self.fields.items() if each.init]
            self._given = names, _taker(names), frozenset(self.fields).difference(names)
        return self._given


def _taker(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that takes these attributes of an object, as a tuple however many there are."""
    if not names:
        return lambda item: ()
    take: Callable[[Any], Any] = attrgetter(*names)
    return take if len(names) > 1 else lambda item: (take(item),)


def _dataclass(  # noqa: PLR0913 - the keywords of dataclasses.dataclass
    cls: Any = None,
    /,
    *,
    init: bool = True,
    repr: bool = True,
    eq: bool = True,
    order: bool = False,
    frozen: bool = False,
    kw_only: bool = False,
    slots: bool = False,
) -> Any:
    options = {"init": init, "repr": repr, "eq": eq, "order": order, "frozen": frozen, "kw_only": kw_only,
               "slots": slots}  # fmt: skip
    return (lambda made: _made(made, options)) if cls is None else _made(cls, options)


def _made(cls: type, options: Mapping[str, bool]) -> type:
    """Return the record class: the same one, or with slots one made again from what its body defined."""
    body = dict(cls.__dict__)
    names = [name for name, kind in body.get("__annotations__", {}).items() if not kind.startswith("ClassVar")]
    record = _Record({name: body.get(name, _MISSING) for name in names}, options)
    added = dict(_members(options, record, body))
    if not options["slots"]:
        made = cls
        for name, member in added.items():
            setattr(made, name, member)
        for name in names:
            given = body.get(name)
            if isinstance(given, Field):
                if given.default is _MISSING:
                    delattr(made, name)
                else:
                    setattr(made, name, given.default)
    else:
        taken = {slot for base in cls.__mro__[1:] for slot in base.__dict__.get("__slots__", ())}
        body |= added
        body["__slots__"] = tuple(name for name in names if name not in taken)
        for name in (*names, "__dict__", "__weakref__"):
            body.pop(name, None)
        made = type(cls)(cls.__name__, cls.__bases__, body)
        made.__qualname__ = cls.__qualname__
    record.owner = made
    return made


def _members(options: Mapping[str, bool], record: _Record, body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members that a class gets; what its body defines itself stays."""
    yield "__record__", record
    yield "__dataclass_fields__", _AS_DATACLASS
    yield "__dataclass_params__", record
    if options["init"] and "__init__" not in body:
        yield "__init__", _first_init(record)
    if options["repr"] and "__repr__" not in body:
        yield "__repr__", _repr
    if options["eq"]:
        explicit = "__hash__" in body and not (body["__hash__"] is None and "__eq__" in body)
        if "__eq__" not in body:
            yield "__eq__", _eq
        if not explicit:
            yield "__hash__", _hash if options["frozen"] else None
    if options["order"]:
        yield from _ORDER.items()
    if options["frozen"]:
        yield from (("__setattr__", _frozen_set), ("__delattr__", _frozen_delete))
        if options["slots"]:
            yield from (("__getstate__", _getstate), ("__setstate__", _setstate))


def _first_init(record: _Record) -> Callable[..., None]:
    """Return an ``__init__`` that makes a few instances itself, then puts a compiled one in its own place.

    Compiling takes as long as making some hundred instances, and of many classes a run needs a handful.
    """
    left = _UNCOMPILED

    def __init__(self: Any, /, *args: Any, **values: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0 and _set_plainly(record, self, args, values):
            return
        init: Any = _compiled_init(record)
        type.__setattr__(record.owner, "__init__", init)
        init(self, *args, **values)

    return __init__


def _set_plainly(record: _Record, item: Any, args: tuple[Any, ...], given: dict[str, Any]) -> bool:
    """Set the fields of an instance; False, with nothing set, where the arguments may be wrong."""
    names = [name for name, each in record.fields.items() if each.init and not each.kw_only]
    values = {**dict(zip(names, args, strict=False)), **given}
    known = all(name in record.fields and record.fields[name].init for name in given)
    if not known or len(values) != len(args) + len(given) or len(args) > len(names):
        return False
    if any(name not in values and each.init and not each.optional for name, each in record.fields.items()):
        return False
    _set_each(record, item, values)
    if hasattr(item, "__post_init__"):
        item.__post_init__()
    return True


def _set_each(record: _Record, item: Any, values: Mapping[str, Any]) -> None:
    """Set the fields of an instance, whatever guards it, to these values and to defaults where there are none."""
    for name, each in record.fields.items():
        value = values.get(name, _MISSING)
        if value is _MISSING:
            value = each.default if each.default_factory is _MISSING else each.default_factory()
        if value is not _MISSING:
            object.__setattr__(item, name, value)


def _compiled_init(record: _Record) -> Callable[..., None]:
    """Compile ``__init__``: names and keywords come from the class body, so nothing foreign is compiled."""
    space: dict[str, Any] = {"_MISSING": _MISSING, "_put": object.__setattr__}
    positional: list[str] = []
    keywords: list[str] = []
    values: dict[str, str] = {}
    for name, each in record.fields.items():
        if each.default_factory is not _MISSING:
            space[f"_make_{name}"] = each.default_factory
            value = f"_make_{name}() if {name} is _MISSING else {name}" if each.init else f"_make_{name}()"
        elif each.default is not _MISSING:
            space[f"_default_{name}"] = each.default
            value = name if each.init else f"_default_{name}"
        elif each.init:
            value = name
        else:
            continue
        values[name] = value
        if each.init:
            default = f"=_default_{name}" if each.default is not _MISSING else "=_MISSING" if each.optional else ""
            (keywords if each.kw_only else positional).append(name + default)
    words = ", ".join(["self", *positional, *(["*", *keywords] if keywords else [])])
    lines = [f"def __init__({words}):", *_assignments(record, values, space)]
    if hasattr(record.owner, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec("\n".join([*lines, " pass"]), space)  # noqa: S102 - as dataclasses does
    init: Any = space["__init__"]
    init.__qualname__ = f"{record.owner.__qualname__}.__init__"
    init.__module__ = record.owner.__module__
    return init  # type: ignore[no-any-return]


def _assignments(record: _Record, values: Mapping[str, str], space: dict[str, Any]) -> list[str]:
    """Return the lines that set the fields.

    A frozen record is given another class while it is set, the same one without the guard: ``self.x = x`` is several
    times faster than ``object.__setattr__(self, "x", x)``, which remains for classes derived by hand.
    """
    plain = [f" self.{name} = {value}" for name, value in values.items()]
    if not record.frozen:
        return plain
    if not record.options["slots"] or len(values) < _FEW:
        return [f" _put(self, {name!r}, {value})" for name, value in values.items()]
    unguarded = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    space["_open"] = type(record.owner)(record.owner.__name__, (record.owner,), unguarded)
    space["_become"] = object.__dict__["__class__"].__set__
    space["_owner"] = record.owner
    space["_set_each"] = partial(_set_each, record)
    return [
        " if self.__class__ is _owner:",
        "  _become(self, _open)",
        *(f" {line}" for line in plain),
        "  self.__class__ = _owner",
        " else:",
        "  _set_each(self, locals())",
    ]


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared = self.__record__.compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash(self.__record__.compared(self))


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, each in self.__record__.fields.items() if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _ordering(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared = self.__record__.compared
        return compare(compared(self), compared(other))

    return method


_ORDER: Final = {"__lt__": _ordering(lt), "__le__": _ordering(le), "__gt__": _ordering(gt), "__ge__": _ordering(ge)}


def _frozen_set(self: Any, name: str, value: Any) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _frozen_delete(self: Any, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__record__.fields]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record__.fields, state, strict=True):
        object.__setattr__(self, name, value)


class _AsDataclass:
    """Lets the functions of ``dataclasses`` see a record: makes what they look for when they ask."""

    def __get__(self, item: Any, owner: Any) -> dict[str, Any]:
        record: _Record = owner.__record__
        if record.as_dataclass is None:
            record.as_dataclass = _told(record)
        return record.as_dataclass


def _told(record: _Record) -> dict[str, Any]:
    """Return the fields as ``dataclasses`` keeps them."""
    import dataclasses

    def told(each: Field) -> Any:
        words: dict[str, Any] = {"init": each.init, "repr": each.repr, "compare": each.compare}
        for name in ("default", "default_factory"):
            if getattr(each, name) is not _MISSING:
                words[name] = getattr(each, name)
        return dataclasses.field(**words, kw_only=True)

    parts = [(name, Any, told(each)) for name, each in record.fields.items()]
    made: Any = dataclasses.make_dataclass(record.owner.__name__, parts)
    return made.__dataclass_fields__  # type: ignore[no-any-return]


_AS_DATACLASS: Final = _AsDataclass()


def _field(**words: Any) -> Any:
    return Field(**words)


def _fields(item: Any) -> tuple[Any, ...]:
    return tuple(item.__record__.fields.values())


def _replace(item: Any, /, **changes: Any) -> Any:
    names, take, fixed = item.__record__.given
    for name in fixed & changes.keys() if fixed else ():
        raise ValueError(f"field {name} is declared with init=False, it cannot be specified with replace()")
    values = dict(zip(names, take(item), strict=True))
    values.update(changes)
    return item.__class__(**values)


def _is_dataclass(item: Any) -> bool:
    return hasattr(item, "__record__") or hasattr(
        item if isinstance(item, type) else type(item), "__dataclass_fields__"
    )


if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, is_dataclass, replace
else:
    dataclass, field, fields, is_dataclass, replace = _dataclass, _field, _fields, _is_dataclass, _replace

__all__ = ["dataclass", "field", "fields", "is_dataclass", "replace"]
