"""IAM policy documents: from JSON text, from templates of JSON text, from ``data.aws_iam_policy_document``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from checker.load.terraform.convert.sites import Site, scoped
from checker.load.terraform.convert.symbol import HOLE, known_or_symbol
from checker.load.terraform.convert.values import Fields
from checker.load.terraform.instance import Ref, Value
from checker.model.finding import Json
from checker.model.identity import PolicyDocument, Statement
from checker.model.known import Maybe, Unknown

Conditions: TypeAlias = Maybe[Mapping[str, Mapping[str, tuple[Maybe[str], ...]]]]

_MARK: Final = "\ue010"
"""Stands before and after the number of a hole while JSON is read."""

_MAX_CHAIN: Final = 16
_JSON_DOCUMENTS: Final = ("json", "minified_json")


def policy_of(fields: Fields, name: str, *, configured_only: bool = False) -> Maybe[PolicyDocument | None]:
    """Return the policy in an argument, None when it is unset."""
    document = _document_site(fields, fields.values.get(name))
    if document is not None:
        return document
    text = fields.text(name, absent="configured" if configured_only else "computed")
    return None if text is None else parse_policy(text, f"{fields.site.instance.address}.{fields.path}{name}")


def _document_site(fields: Fields, value: Value) -> Maybe[PolicyDocument] | None:
    """Follow references to a policy document data source; None when they lead elsewhere."""
    for _ in range(_MAX_CHAIN):
        site, name = _pointed(fields, value)
        if site is None:
            return None
        if site.kind == "data.aws_iam_policy_document" and name in _JSON_DOCUMENTS:
            return document_policy(Fields(fields.resolver, fields.index, site, site.instance.values))
        value = site.instance.values.get(name)
    return None


def _pointed(fields: Fields, value: Value) -> tuple[Site | None, str]:
    """Return the instance and the attribute that a reference points at."""
    if not isinstance(value, Ref) or len(value.path) != 1 or not isinstance(value.path[0], str):
        return None, ""
    return fields.resolver.sites.get(scoped(fields.site.root, value.address)), value.path[0]


def document_policy(fields: Fields, depth: int = 0) -> Maybe[PolicyDocument]:
    """Return the policy of a document data source: its text when known, else its statements.

    Source documents come first; an override replaces the statement of the same Sid, else it is added.
    """
    known = fields.values.get("json")
    if isinstance(known, str) and known:
        return parse_policy(known, f"{fields.site.instance.address}.json")
    statements: list[Maybe[Statement]] = []
    for name in ("source_json", "source_policy_documents"):
        statements = _overlaid(statements, list(_included(fields, name, depth)))
    statements = _overlaid(statements, list(_blocks(fields)))
    for name in ("override_json", "override_policy_documents"):
        statements = _overlaid(statements, list(_included(fields, name, depth)))
    return PolicyDocument(statements=tuple(statements))


def _overlaid(base: list[Maybe[Statement]], over: list[Maybe[Statement]]) -> list[Maybe[Statement]]:
    """Return the statements of both; one with the Sid of an earlier one replaces it."""
    result = list(base)
    for statement in over:
        sid = None if isinstance(statement, Unknown) else statement.sid
        places = [n for n, old in enumerate(result) if isinstance(sid, str) and _sid(old) == sid]
        if places:
            result[places[0]] = statement
        else:
            result.append(statement)
    return result


def _sid(statement: Maybe[Statement]) -> str | None:
    if isinstance(statement, Unknown) or isinstance(statement.sid, Unknown):
        return None
    return statement.sid


def _included(fields: Fields, name: str, depth: int) -> Iterator[Maybe[Statement]]:
    """Yield the statements of the documents that an argument lists."""
    raw = fields.values.get(name)
    for item in raw if isinstance(raw, list) else ([] if raw is None else [raw]):
        target = _target(fields, item)
        if target is not None and depth < 8:
            policy = document_policy(target, depth + 1)
        else:
            settled = fields.resolver.settle(fields.site.root, item, f"{fields.site.key}.{name}")
            if not isinstance(settled, Unknown) and settled in (None, ""):
                continue
            text = settled if isinstance(settled, (str, Unknown)) else Unknown(f"{name} is not text")
            policy = parse_policy(text, f"{fields.site.instance.address}.{name}")
        yield from (policy,) if isinstance(policy, Unknown) else policy.statements


def _target(fields: Fields, value: Value) -> Fields | None:
    site, name = _pointed(fields, value)
    if site is None or site.kind != "data.aws_iam_policy_document" or name not in _JSON_DOCUMENTS:
        return None
    return Fields(fields.resolver, fields.index, site, site.instance.values)


def _blocks(fields: Fields) -> Iterator[Maybe[Statement]]:
    blocks = fields.blocks("statement")
    for block in (blocks,) if isinstance(blocks, Unknown) else blocks:
        yield block if isinstance(block, Unknown) else _block_statement(block)


def _block_statement(block: Fields) -> Statement:
    return Statement(
        sid=block.text("sid"),
        effect=block.text_or("effect", "Allow"),
        principals=_block_principals(block, "principals"),
        not_principals=_block_principals(block, "not_principals"),
        actions=_listed(block, "actions"),
        not_actions=_listed(block, "not_actions"),
        resources=_listed(block, "resources"),
        not_resources=_listed(block, "not_resources"),
        conditions=_block_conditions(block),
    )


def _listed(block: Fields, name: str) -> tuple[Maybe[str], ...]:
    texts = block.texts(name)
    if isinstance(texts, Unknown):
        return (texts,)
    return tuple(text if isinstance(text, Unknown) else _policy_variables(text) for text in texts or ())


def _policy_variables(text: str) -> str:
    """Return a text as the data source prints it: ``&{aws:username}`` is an IAM policy variable."""
    return text.replace("&{", "${")


def _block_principals(block: Fields, name: str) -> tuple[tuple[str, Maybe[str]], ...]:
    found: list[tuple[str, Maybe[str]]] = []
    blocks = block.blocks(name)
    for item in (blocks,) if isinstance(blocks, Unknown) else blocks:
        if isinstance(item, Unknown):
            found.append(("*", item))
            continue
        kind = item.required("type")
        word = "AWS" if isinstance(kind, Unknown) else kind
        found += [(word, kind if isinstance(kind, Unknown) else text) for text in _listed(item, "identifiers")]
    return tuple(found)


def _block_conditions(block: Fields) -> Conditions:
    found: dict[str, dict[str, tuple[Maybe[str], ...]]] = {}
    blocks = block.blocks("condition")
    for item in (blocks,) if isinstance(blocks, Unknown) else blocks:
        if isinstance(item, Unknown):
            return item
        test, variable = item.required("test"), item.required("variable")
        if isinstance(test, Unknown):
            return test
        if isinstance(variable, Unknown):
            return variable
        values = found.setdefault(test, {})
        values[variable] = (*values.get(variable, ()), *_listed(item, "values"))
    return found


def parse_policy(text: Maybe[str], where: str) -> Maybe[PolicyDocument]:
    """Parse policy JSON of which parts may be holes; malformed JSON is Unknown naming ``where``."""
    source = text.symbol if isinstance(text, Unknown) else text
    if source is None or HOLE.fullmatch(source):
        return text if isinstance(text, Unknown) else Unknown(f"{where} is not a policy")
    holes: list[str] = []
    try:
        document = json.loads(_without_holes(source, holes))
    except (ValueError, RecursionError):
        return Unknown(f"{where} is not valid JSON")
    reader = _JsonPolicy(holes, text.reason if isinstance(text, Unknown) else "")
    return reader.policy(document, where)


def _without_holes(source: str, holes: list[str]) -> str:
    """Replace each hole by its number; one that stands outside a string becomes a string of its own."""
    pieces: list[str] = []
    end, inside = 0, False
    for found in HOLE.finditer(source):
        before = source[end : found.start()]
        inside ^= before.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 1
        mark = f"{_MARK}{len(holes)}{_MARK}"
        pieces += [before, mark if inside else f'"{_MARK}{mark}"']
        holes.append(found.group())
        end = found.end()
    return "".join([*pieces, source[end:]])


class _JsonPolicy:
    """Reads a parsed document whose strings hold numbered holes."""

    def __init__(self, holes: list[str], reason: str) -> None:
        self._holes = holes
        self._reason = reason

    def policy(self, document: Json, where: str) -> Maybe[PolicyDocument]:
        if not isinstance(document, dict):
            return Unknown(f"{where} is not a JSON object")
        statements = _get(document, "Statement")
        listed = statements if isinstance(statements, list) else ([] if statements is None else [statements])
        return PolicyDocument(statements=tuple(self._statement(item, where) for item in listed))

    def _statement(self, item: Json, where: str) -> Maybe[Statement]:
        if not isinstance(item, dict):
            return Unknown(self._reason or f"{where} has a statement that is not an object")
        sid, effect = self._texts(_get(item, "Sid")), self._texts(_get(item, "Effect"))
        return Statement(
            sid=sid[0] if sid else None,
            effect=effect[0] if effect else Unknown(f"{where} has a statement without Effect"),
            principals=self._principals(_get(item, "Principal")),
            not_principals=self._principals(_get(item, "NotPrincipal")),
            actions=self._texts(_get(item, "Action")),
            not_actions=self._texts(_get(item, "NotAction")),
            resources=self._texts(_get(item, "Resource")),
            not_resources=self._texts(_get(item, "NotResource")),
            conditions=self._conditions(_get(item, "Condition")),
        )

    def _texts(self, value: Json) -> tuple[Maybe[str], ...]:
        """Return a string, or a list of them, as texts; numbers and booleans as JSON writes them."""
        if value is None:
            return ()
        if isinstance(value, list):
            return tuple(text for item in value for text in self._texts(item))
        if isinstance(value, dict):
            return (Unknown("an object where text was expected"),)
        return (self._text(value if isinstance(value, str) else json.dumps(value)),)

    def _text(self, text: str) -> Maybe[str]:
        if _MARK not in text:
            return text
        if text.startswith(_MARK * 2):  # stood outside a string: it may be a list as well
            return Unknown(self._reason)
        pieces = text.split(_MARK)
        filled = "".join(self._hole(piece) if number % 2 else piece for number, piece in enumerate(pieces))
        return known_or_symbol(filled, self._reason)

    def _hole(self, number: str) -> str:
        return self._holes[int(number)] if number.isdecimal() and int(number) < len(self._holes) else number

    def _principals(self, value: Json) -> tuple[tuple[str, Maybe[str]], ...]:
        if isinstance(value, dict):
            return tuple((self._kind(kind), text) for kind, item in value.items() for text in self._texts(item))
        return tuple(("*", text) for text in self._texts(value))

    @staticmethod
    def _kind(word: str) -> str:
        known = {"aws": "AWS", "service": "Service", "federated": "Federated", "canonicaluser": "CanonicalUser"}
        return known.get(word.lower(), word)

    def _conditions(self, value: Json) -> Conditions:
        if value is None:
            return {}
        if not isinstance(value, dict):
            return Unknown(self._reason or "the Condition is not an object")
        found: dict[str, dict[str, tuple[Maybe[str], ...]]] = {}
        for operator, pairs in value.items():
            if not isinstance(pairs, dict) or _MARK in operator or any(_MARK in key for key in pairs):
                return Unknown(self._reason or "the Condition is not an object of objects")
            found[operator] = {key: self._texts(item) for key, item in pairs.items()}
        return found


def _get(item: Mapping[str, Json], name: str) -> Json:
    """Return an element by name; case does not matter to every reader, so it does not here."""
    if name in item:
        return item[name]
    return next((value for key, value in item.items() if key.lower() == name.lower()), None)
