"""What is known of a live thing, read from the account itself, that a configuration does not tell."""

from __future__ import annotations

from typing import Final

from checker.model.entity import Entity
from checker.model.origin import Source

LIVE: Final = (Source.ACCOUNT, Source.SNAPSHOT)
"""Sources of facts on what stands; the others tell what is written or planned."""


def is_live(entity: Entity) -> bool:
    """Say whether an entity was read from the account: all that it lacks is known to be lacking."""
    return entity.origin.source in LIVE
