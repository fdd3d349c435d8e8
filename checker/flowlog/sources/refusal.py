"""What AWS says when it does not answer: the code, and its words on one line without secrets."""

from __future__ import annotations

import re
from typing import Any, Final

from checker.errors import UsageError

_LONGEST: Final = 300
_ACCESS_KEY: Final = re.compile(r"\b(A[KS]IA)[A-Z0-9]{12,}")
_REQUEST: Final = re.compile(r"(?i)\(?(request ?-?id|host ?id):? ?[^\s,;)]+\)?,?")


def expected() -> tuple[type[Exception], ...]:
    """Return what botocore raises for what AWS, the network or the credentials do; everything else is a bug."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return (BotoCoreError, ClientError, ResponseParserError, OSError)


def code_of(error: Exception) -> str:
    """Return AWS's code, or the name of what went wrong on the way to AWS."""
    response: Any = getattr(error, "response", None)
    said = response.get("Error") if isinstance(response, dict) else None
    return str((said or {}).get("Code") or type(error).__name__)


def explained(error: Exception, about: str = "") -> str:
    """Return code and words, without the name of what was asked ``about``: many are then refused for one reason.

    Raises UsageError where there are no credentials to ask with, or no region.
    """
    from botocore import exceptions as known

    if isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError,
                          known.TokenRetrievalError, known.SSOError, known.ProfileNotFound)):  # fmt: skip
        raise UsageError(
            f"no AWS credentials for the logs: {error}",
            hint="Give --profile, or log in; `aws sts get-caller-identity`.",
        ) from error
    if isinstance(error, known.NoRegionError):
        raise UsageError("the region of the logs is not known", hint="Give @REGION, or set AWS_REGION.") from error
    response: Any = getattr(error, "response", None)
    said = response.get("Error") if isinstance(response, dict) else None
    words = " ".join(str((said or {}).get("Message") or error).split())
    words = words.replace(about, "…") if about else words
    words = _REQUEST.sub("", _ACCESS_KEY.sub(r"\1…", words)).strip()
    words = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return f"{code_of(error)}: {words}"
