"""Turns python-hcl2's parse tree into our syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from checker.load.terraform.source.normalise import Normalised
from checker.load.terraform.source.syntax import Expr
from checker.load.terraform.source.template import parse_heredoc, parse_quoted, unescape
from checker.model.record import dataclass

if TYPE_CHECKING:
    from lark import Token, Tree

    Node: TypeAlias = "Tree[Token]"

MAX_NESTING: Final = 150
"""How deep an expression may nest; deeper ones are ``["bad", ...]``."""

ParseInner: TypeAlias = Callable[[str, int], Expr]

_INNER_NAME: Final = "each element"
"""Name that no configuration can use, for the element of a splat within a splat."""


class _OpenSplat(list[Any]):
    """A splat to which further steps may still be added: it does not stand in parentheses."""


@dataclass(slots=True)
class TreeConverter:
    """Converts the trees of one normalised text."""

    source: str
    """The original text."""
    normalised: Normalised
    parse_inner: ParseInner
    """Parses an interpolation of a string that stands as a plain one in the normalised text."""
    offset: int = 0
    """What to add to an offset in the tree to get the offset in ``source``."""
    depth: int = 0

    def expression(self, node: Node) -> Expr:
        """Return the syntax tree of an expression."""
        if self.depth >= MAX_NESTING:
            return ["bad", "the expression is nested too deeply"]
        self.depth += 1
        try:
            convert = _CONVERT.get(node.data)
            return convert(self, node) if convert else ["bad", f"syntax {node.data} is not known"]
        finally:
            self.depth -= 1

    def identifier(self, node: Node) -> str:
        """Return a name as the original spells it."""
        token: Any = node.children[0]
        return self.source[token.start_pos + self.offset : token.end_pos + self.offset]

    def string(self, node: Node) -> Expr:
        """Return a quoted string's or heredoc's syntax tree."""
        opening: Any = node.children[0]
        start = opening.start_pos + self.offset
        end = self.normalised.templates.get(start)
        if end is not None:
            if self.source[start] == "<":
                return parse_heredoc(self.source, start, self.parse_inner)
            return parse_quoted(self.source, start, end, self.parse_inner)
        parts = [part.children[0] for part in _trees(node)]
        pieces = [self.piece(part) for part in parts]
        if not pieces:
            return ["lit", ""]
        return pieces[0] if len(pieces) == 1 and pieces[0][0] == "lit" else ["tpl", pieces]

    def piece(self, part: Node | Token) -> Expr:
        """Return literal text, or the expression of an interpolation."""
        if isinstance(part, str):
            return ["lit", unescape(str(part))]
        return self.expression(next(_trees(part)))


def _trees(node: Node) -> Iterator[Node]:
    """Yield a node's children that are not punctuation or line ends."""
    for child in node.children:
        if not isinstance(child, str) and child.data != "new_line_or_comment":
            yield child


def _tokens(node: Node) -> Iterator[str]:
    return (child.type for child in node.children if isinstance(child, str))


def _term(converter: TreeConverter, node: Node) -> Expr:
    expr = converter.expression(next(_trees(node)))
    return list(expr) if isinstance(expr, _OpenSplat) and len(node.children) > 1 else expr


def _integer(_converter: TreeConverter, node: Node) -> Expr:
    digits = str(node.children[0])
    return ["lit", int(digits)] if len(digits) < 1000 else ["bad", "a number of more than 1000 digits"]


def _float(_converter: TreeConverter, node: Node) -> Expr:
    try:
        number = float(str(node.children[0]))
        return ["lit", int(number) if number.is_integer() else number]
    except OverflowError:
        return ["bad", f"the number {node.children[0]} is too large"]


def _literal(_converter: TreeConverter, node: Node) -> Expr:
    return ["lit", {"true": True, "false": False, "null": None}[str(node.children[0])]]


def _variable(converter: TreeConverter, node: Node) -> Expr:
    return ["var", converter.identifier(node)]


def _conditional(converter: TreeConverter, node: Node) -> Expr:
    return ["cond", *(converter.expression(child) for child in _trees(node))]


def _binary(converter: TreeConverter, node: Node) -> Expr:
    left, term = _trees(node)
    operator, right = _trees(term)
    symbol = str(operator.children[0]).strip()
    return ["op", symbol, [converter.expression(left), converter.expression(right)]]


def _unary(converter: TreeConverter, node: Node) -> Expr:
    symbol = str(node.children[0]).strip()
    operand = converter.expression(next(_trees(node)))
    value = operand[1] if operand[0] == "lit" else None
    if symbol == "-" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return ["lit", -value]
    return ["op", symbol, [operand]]


def _tuple(converter: TreeConverter, node: Node) -> Expr:
    return ["list", [converter.expression(child) for child in _trees(node)]]


def _object(converter: TreeConverter, node: Node) -> Expr:
    pairs: list[list[Expr]] = []
    for element in _trees(node):
        key, value = _trees(element)
        pairs.append([_key(converter, key), converter.expression(value)])
    return ["obj", pairs]


def _key(converter: TreeConverter, node: Node) -> Expr:
    """Return an object key: a bare word stands for itself, ``(word)`` and all else is evaluated."""
    inner: Any = next(_trees(node))
    if inner.data == "expr_term" and len(inner.children) == 1:
        inner = inner.children[0]
    if inner.data in ("identifier", "keyword", "literal_value"):
        return ["lit", converter.identifier(inner)]
    return converter.expression(inner)


def _call(converter: TreeConverter, node: Node) -> Expr:
    name, *rest = _trees(node)
    arguments: list[Expr] = []
    expand = False
    for child in rest:
        if child.data == "arguments":
            arguments = [converter.expression(argument) for argument in _trees(child)]
            expand = "ELLIPSIS" in _tokens(child)
    return ["call", converter.identifier(name), arguments, expand]


def _step(converter: TreeConverter, node: Node) -> Expr:
    """Return ``["get", name]`` or ``["idx", key]`` of an accessor."""
    if node.data == "get_attr":
        return ["get", converter.identifier(next(_trees(node)))]
    if node.data == "short_index":
        return ["idx", ["lit", int(str(node.children[1]))]]
    return ["idx", converter.expression(next(_trees(node)))]


def _access(converter: TreeConverter, node: Node) -> Expr:
    base, accessor = _trees(node)
    return _apply(converter.expression(base), [_step(converter, accessor)])


def _apply(base: Expr, steps: list[Expr]) -> Expr:
    for step in steps:
        base = [step[0], base, step[1]]
    return base


def _legacy_splat(converter: TreeConverter, node: Node) -> Expr:
    """Convert ``x.*.a.0[1]``: the names and ``.0`` belong to the elements, what comes after ``[`` to the result."""
    base, accessors = _trees(node)
    inner = list(_trees(accessors))
    cut = next((index for index, step in enumerate(inner) if step.data == "braces_index"), len(inner))
    steps = [_step(converter, step) for step in inner]
    return _each(converter.expression(base), lambda element: _apply(["splat", element, steps[:cut]], steps[cut:]))


def _full_splat(converter: TreeConverter, node: Node) -> Expr:
    """Convert ``x[*].a[0]``: all that follows belongs to the elements, a further ``[*]`` too."""
    base, accessors = _trees(node)
    steps = [_step(converter, step) for step in _trees(accessors)]
    return _each(converter.expression(base), lambda element: _OpenSplat(["splat", element, steps]))


def _each(base: Expr, build: Callable[[Expr], Expr]) -> Expr:
    """Build an expression on ``base``; where that is a splat, on each of its elements."""
    if not isinstance(base, _OpenSplat):
        return build(base)
    if base[0] == "for_list":
        return _OpenSplat([*base[:4], _each(base[4], build), None])
    inner = build(_apply(["var", _INNER_NAME], base[2]))
    return _OpenSplat(["for_list", None, _INNER_NAME, base[1], inner, None])


def _for_parts(converter: TreeConverter, node: Node) -> tuple[str | None, str, Expr, list[Expr], Expr | None]:
    """Return the names, the collection, what is made of each element, and the condition."""
    intro, *rest = _trees(node)
    *names, collection = _trees(intro)
    condition = next((child for child in rest if child.data == "for_cond"), None)
    bodies = [converter.expression(child) for child in rest if child.data != "for_cond"]
    return (
        converter.identifier(names[0]) if len(names) == 2 else None,
        converter.identifier(names[-1]),
        converter.expression(collection),
        bodies,
        converter.expression(next(_trees(condition))) if condition is not None else None,
    )


def _for_list(converter: TreeConverter, node: Node) -> Expr:
    key, value, collection, bodies, condition = _for_parts(converter, node)
    return ["for_list", key, value, collection, bodies[0], condition]


def _for_object(converter: TreeConverter, node: Node) -> Expr:
    key, value, collection, bodies, condition = _for_parts(converter, node)
    return ["for_obj", key, value, collection, *bodies, condition, "ELLIPSIS" in _tokens(node)]


_CONVERT: Final[dict[str, Callable[[TreeConverter, Any], Expr]]] = {
    "expr_term": _term,
    "int_lit": _integer,
    "float_lit": _float,
    "literal_value": _literal,
    "identifier": _variable,
    "keyword": _variable,
    "string": TreeConverter.string,
    "conditional": _conditional,
    "binary_op": _binary,
    "unary_op": _unary,
    "tuple": _tuple,
    "object": _object,
    "function_call": _call,
    "index_expr_term": _access,
    "get_attr_expr_term": _access,
    "attr_splat_expr_term": _legacy_splat,
    "full_splat_expr_term": _full_splat,
    "for_tuple_expr": _for_list,
    "for_object_expr": _for_object,
}
