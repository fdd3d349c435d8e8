"""The syntax tree that the reader makes and the evaluator walks.

Expressions are plain lists, so that a tree goes to and from the JSON cache without being rebuilt:

    ["lit", value]                              null, bool, number or string
    ["tpl", [expr, ...]]                        string template; literal pieces are ["lit", text]
    ["var", name]                               the first identifier of a traversal: var, local, aws_vpc, each, ...
    ["get", expr, name]                         expr.name
    ["idx", expr, key_expr]                     expr[key]; expr.0 as well
    ["splat", expr, [step, ...]]                expr[*].a.b or expr.*.a; a step is ["get", name] or ["idx", key_expr]
    ["call", name, [expr, ...], expand]         function call; expand: the last argument ends with "..."
    ["op", operator, [expr, ...]]               one operand for unary - and !
    ["cond", condition, then, otherwise]
    ["list", [expr, ...]]
    ["obj", [[key_expr, value_expr], ...]]      a bare identifier key is ["lit", name]
    ["for_list", key_name|null, value_name, collection, value_expr, condition|null]
    ["for_obj", key_name|null, value_name, collection, key_expr, value_expr, condition|null, grouped]
    ["bad", reason]                             could not be read; evaluates to Unknown(reason)
"""

from __future__ import annotations

from typing import Any, TypeAlias

from checker.model.record import dataclass, field

Expr: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = expr`` in a block."""

    expr: Expr
    line: int
    text: str
    """The expression as ``shown.shown`` makes it: on one line, short, literal texts hidden. Named in reasons."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. A ``dynamic "x"`` block stays a block of type ``dynamic`` with the label ``x``."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    path: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that begins with ``flowcheck:``, without the comment sign."""

    text: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a file that cannot be parsed."""

    path: str
    line: int
    cause: str
    types: tuple[str, ...]
    """Resource types it holds, where that can be told from the block's first line; empty: any."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """All readable top-level blocks of one module folder, overrides (``override.tf``, ``*_override.tf``) merged."""

    folder: str
    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...] = field(default=())
    unreadable: tuple[Unreadable, ...] = field(default=())
