"""A store in a bucket: one object for each document.

Two runs at once are kept apart by conditional writes (``If-None-Match: *``, ``If-Match: ETAG``). Source: Amazon S3 User
Guide, "How to prevent object overwrites with conditional writes".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from checker.errors import StoreError, UsageError

START: Final = "s3://"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LOST: Final = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")
_MISSING: Final = ("NoSuchKey", "404")


def split_place(word: str) -> tuple[str, str]:
    """Return bucket and key (or prefix) of ``s3://bucket/key``; raises UsageError for anything else."""
    bucket, _, key = word.removeprefix(START).partition("/")
    if not word.startswith(START) or not _BUCKET.fullmatch(bucket):
        raise UsageError(f"{word}: that names no bucket", hint="Give s3://BUCKET/PREFIX.")
    return bucket, key


class S3Documents:
    """Documents below a prefix of a bucket."""

    def __init__(self, word: str, session: Callable[[], Any]) -> None:
        """Take ``s3://bucket/prefix``; raises UsageError for anything else."""
        self._bucket, prefix = split_place(word)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._session = session
        self._made: Any = None

    def described(self) -> str:
        """Return the place as ``s3://bucket/prefix``."""
        return f"{START}{self._bucket}/{self._prefix}"

    def exists(self) -> bool:
        """Return whether an object lies below the prefix."""
        return bool(self._ask("list_objects_v2", Prefix=self._prefix, MaxKeys=1).get("Contents"))

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that start with a prefix, sorted."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._ask("list_objects_v2", Prefix=self._prefix + prefix, **more)
            found += [str(each["Key"])[len(self._prefix) :] for each in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return sorted(found)
            more = {"ContinuationToken": str(page["NextContinuationToken"])}

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Return a document and its version; None where there is none."""
        try:
            got = self._call("get_object", Key=self._prefix + key)
            return bytes(got["Body"].read()), str(got["ETag"])
        except _errors() as error:
            if _code(error) in _MISSING:
                return None
            raise self._failed(error) from error

    def create(self, key: str, body: bytes) -> bool:
        """Write a document that must not exist yet; False where it does."""
        return self._write(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, version: str) -> bool:
        """Write a document over the version read; False where it has changed since."""
        return self._write(key, body, IfMatch=version)

    def delete(self, key: str) -> None:
        """Delete a document."""
        self._ask("delete_object", Key=self._prefix + key)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object, whatever is there: for reports, which are made anew each time."""
        self._ask("put_object", Key=self._prefix + key, Body=body, ContentType=content_type)

    def _write(self, key: str, body: bytes, **condition: str) -> bool:
        try:
            self._call("put_object", Key=self._prefix + key, Body=body, **condition)
        except _errors() as error:
            if _code(error) in (*_LOST, *_MISSING):
                return False
            raise self._failed(error) from error
        return True

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            return self._call(operation, **arguments)
        except _errors() as error:
            raise self._failed(error) from error

    def _call(self, operation: str, **arguments: Any) -> Any:
        if self._made is None:
            from botocore.config import Config

            retries: Any = {"mode": "standard", "total_max_attempts": 5}
            self._made = self._session().client("s3", config=Config(retries=retries))
        return getattr(self._made, operation)(Bucket=self._bucket, **arguments)

    def _failed(self, error: Exception) -> StoreError:
        said = " ".join(str(error).split())[:300]
        return StoreError(
            f"{self.described()}: cannot be used ({said})",
            hint="s3:GetObject, s3:PutObject, s3:DeleteObject on it and s3:ListBucket on the bucket are needed.",
        )


def _errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError, OSError)


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    return str((response or {}).get("Error", {}).get("Code", ""))
