"""What is known not to exist: a fact of its own, which a missing entity is not."""

from __future__ import annotations

from checker.model.known import Key
from checker.model.origin import Origin
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Something that others name and that AWS says is not there.

    A key that finds nothing in a model says nothing: the thing may be outside the input. This says it is gone.
    """

    type: str
    """Terraform resource type, for example ``aws_s3_bucket``."""
    key: Key
    """The ARN or id by which others name it."""
    origin: Origin
    """The call that answered so."""
    says: str
    """AWS's answer, verbatim: ``NoSuchBucket: The specified bucket does not exist``."""
