"""Where a store keeps its bytes: documents by key, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Documents(Protocol):
    """Documents by key. Every method raises StoreError where the store does not answer.

    Two processes may use one store at once: ``create`` succeeds for one of them only, ``replace`` only for the one
    that read the version it replaces.
    """

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that start with a prefix, sorted."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Return a document and its version; None where there is none."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a document that must not exist yet; False, and nothing written, where it does."""

    def replace(self, key: str, body: bytes, version: str) -> bool:
        """Write a document over the version read; False, and nothing written, where it has changed since."""

    def delete(self, key: str) -> None:
        """Delete a document; nothing happens where there is none."""

    def exists(self) -> bool:
        """Return whether anything was ever written there: a wrong path is no empty store."""

    def described(self) -> str:
        """Return the store's name for messages."""
