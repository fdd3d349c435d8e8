"""Pages of a listing: how to ask for the next one, and when the listing is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from checker.load.aws.call import Call, Failure
from checker.load.aws.failures import CallFailed
from checker.model.record import dataclass

MOST_PAGES: Final = {"ListObjectsV2": 10}
"""Most pages of a listing that is looked at, not read; every other listing is read to its end."""

_LARGEST: Final = 1000
"""Page size of EC2's listings whose model gives no bound. Source: EC2 API reference, ``MaxResults``."""

_SMALLER: Final = {"kms:ListResourceTags": 50}
"""Bounds that are lower than the model's. Source: KMS API reference."""

_LIMITS: Final = ("MaxResults", "limit", "Limit", "MaxItems", "MaxBuckets")
_ENDLESS: Final = 100_000
_BOOKKEEPING: Final = ("ResponseMetadata", "KeyCount", "MaxKeys", "NextToken", "nextToken")
"""Members that tell of the page, not of what was listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How the pages of one operation hang together."""

    sent: str
    """Parameter that asks for a page."""
    given: str | None
    """Member of an answer that names the next page; None where the last row's ``Key`` does."""
    more: str | None
    """Member that says whether there is another page; None where the presence of ``given`` does."""
    size: tuple[str, int] | None
    """Parameter for the page's size, and the largest one allowed."""


def paging_of(call: Call, model: Any, known: Mapping[str, Any] | None) -> Paging | None:
    """Return how a call is paged; None for one that comes whole.

    ``model`` is botocore's model of the operation, ``known`` its paginator, which some operations lack.
    """
    inputs = model.input_shape.members if model.input_shape is not None else {}
    if call.result is None or any(name in call.parameters for name in _LIMITS):
        return None
    size = _size(call, inputs)
    if known is not None:
        return Paging(
            sent=str(known["input_token"]), given=str(known["output_token"]), more=known.get("more_results"), size=size
        )
    if "ExclusiveStartTagKey" in inputs:
        return Paging(sent="ExclusiveStartTagKey", given=None, more="HasMoreTags", size=size)
    if "NextToken" in inputs and "NextToken" in model.output_shape.members:
        return Paging(sent="NextToken", given="NextToken", more=None, size=size)
    return None


def _size(call: Call, inputs: Mapping[str, Any]) -> tuple[str, int] | None:
    for name in _LIMITS:
        if name in inputs:
            most = _SMALLER.get(call.name, inputs[name].metadata.get("max"))
            if most is None and call.service == "ec2":
                most = _LARGEST
            return (name, int(most)) if most is not None else None
    return None


def read_all(
    call: Call, paging: Paging | None, words: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> tuple[dict[str, Any], int]:
    """Return a whole listing as one answer, and its number of pages; ``ask`` gets one page.

    Raises CallFailed where the pages do not come to an end: half a listing is none.
    """
    whole: dict[str, Any] = {}
    count = 0
    for page in _pages(call, paging, words, ask):
        count += 1
        _join(whole, page, call, paging)
        if count >= MOST_PAGES.get(call.operation, _ENDLESS):
            if call.operation not in MOST_PAGES:
                raise _broken(f"there is no end of pages after {count}")
            break
    if call.result is not None:
        whole.setdefault(call.result, [])
    return whole, count


def _pages(
    call: Call, paging: Paging | None, words: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    if paging is None:
        yield ask(words)
        return
    asked = dict(words) if paging.size is None else {**words, paging.size[0]: paging.size[1]}
    seen: set[str] = set()
    while True:
        page = ask(asked)
        yield page
        token = _token(call, paging, page)
        if token is None:
            return
        if token in seen:
            raise _broken("the service named the same page twice")
        seen.add(token)
        asked = {**asked, paging.sent: token}


def _token(call: Call, paging: Paging, page: Mapping[str, Any]) -> str | None:
    """Return what asks for the next page; None at the end. Raises CallFailed where there is more but no way to it."""
    if paging.more is not None and not page.get(paging.more):
        return None
    if paging.given is None:
        rows = page.get(call.result or "")
        token = rows[-1].get("Key") if isinstance(rows, list) and rows else None
    else:
        token = page.get(paging.given)
    if token:
        return str(token)
    if paging.more is not None:
        raise _broken("the service says that there is more, but not how to ask for it")
    return None


def _join(whole: dict[str, Any], page: Mapping[str, Any], call: Call, paging: Paging | None) -> None:
    """Lay a page to those before it: the result's rows go on, everything else is the first page's.

    Raises CallFailed for an answer of EC2 without the list: it always gives one, be it empty.
    """
    if call.service == "ec2" and call.result is not None and call.result not in page:
        raise _broken(f"the answer has no {call.result}")
    for name, value in page.items():
        if name in _BOOKKEEPING or (paging is not None and name in (paging.sent, paging.given, paging.more)):
            continue
        if name == call.result and isinstance(value, list):
            whole.setdefault(name, []).extend(value)
        else:
            whole.setdefault(name, value)


def _broken(text: str) -> CallFailed:
    return CallFailed(Failure(code="BadResponse", message=text), again=True)
