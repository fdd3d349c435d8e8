"""What a failed call says: one word for it, AWS's message without secrets, and whether another try may do better."""

from __future__ import annotations

import re
from typing import Any, Final

from checker.load.aws.call import Call, Failure

THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
        "TooManyRequestsException",
    }
)  # fmt: skip
"""Asked too fast. Source: AWS SDKs and Tools Reference, "Retry behavior", as botocore has it."""

EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""The credentials have ended, which new ones mend."""

UNREACHABLE: Final = frozenset({"EndpointUnreachable", "Timeout"})
"""Nobody answered."""

_PASSING: Final = frozenset(
    {
        "500", "502", "503", "504", "BadResponse", "DependencyTimeoutException", "InternalError", "InternalFailure",
        "InternalServerError", "InternalServerException", "InternalServiceError", "InternalServiceException",
        "KMSInternalException", "RequestTimeout", "RequestTimeoutException", "ServiceFailure", "ServiceUnavailable",
        "ServiceUnavailableException", "Unavailable",
    }
)  # fmt: skip

TRANSIENT: Final = THROTTLED | EXPIRED | UNREACHABLE | _PASSING | {"Interrupted", "NoCredentials", "NotCalled"}
"""Codes of failures that another run may not meet; a resumed run asks again."""

_FAULT: Final = 500
_LONGEST: Final = 300
_BLOB: Final = re.compile(r"(?i)(encoded authorization failure message: |request ?-?id:? ?)[^\s,;)]+")
_ACCESS_KEY: Final = re.compile(r"\b(A[KS]IA)[A-Z0-9]{12,}")


class CallFailed(Exception):
    """A call gave no response; never leaves the collector."""

    def __init__(self, failure: Failure, *, again: bool = False) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure
        self.again = again
        """Whether the same request may be answered if it is made again soon."""


def expected_errors() -> tuple[type[Exception], ...]:
    """Return what botocore raises for what AWS, the network or the credentials do; everything else is a bug."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return (BotoCoreError, ClientError, ResponseParserError, ValueError, OSError, EOFError)


def call_failed(error: Exception, call: Call | None) -> CallFailed:
    """Return what an exception of botocore says; ``call`` tells which codes are answers."""
    from botocore.exceptions import ClientError

    return _refused(error, call) if isinstance(error, ClientError) else _unanswered(error)


def _refused(error: Any, call: Call | None) -> CallFailed:
    said = error.response.get("Error") or {}
    code = str(said.get("Code") or "Unknown")
    meaning = call.meanings.get(code) if call is not None else None
    status = (error.response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0
    again = meaning is None and (code in THROTTLED | _PASSING or status >= _FAULT)
    return CallFailed(Failure(code=code, message=clean(str(said.get("Message") or "")), meaning=meaning), again=again)


def _unanswered(error: Exception) -> CallFailed:
    from botocore import exceptions as known
    from botocore.parsers import ResponseParserError

    if isinstance(error, ResponseParserError):  # its text repeats the answer, which may hold anything
        return CallFailed(Failure(code="BadResponse", message="the answer cannot be parsed"), again=True)
    if isinstance(error, (known.ParamValidationError, known.ValidationError, known.DataNotFoundError)):
        return CallFailed(Failure(code="NotAsked", message=clean(str(error))))
    if isinstance(error, _no_credentials()):
        text = "they ask for an MFA code, and nobody is there to give one" if isinstance(error, EOFError) else error
        return CallFailed(Failure(code="NoCredentials", message=clean(str(text))))
    nobody = (known.HTTPClientError, known.ConnectionError, OSError)
    nowhere = (known.BaseEndpointResolverError, known.EndpointProviderError)
    code = "BadResponse"
    if isinstance(error, (known.ConnectTimeoutError, known.ReadTimeoutError)):
        code = "Timeout"
    elif isinstance(error, (*nobody, *nowhere)):
        code = "EndpointUnreachable"
    return CallFailed(Failure(code=code, message=clean(str(error))), again=True)


def _no_credentials() -> tuple[type[Exception], ...]:
    from botocore import exceptions as known

    return (
        known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError,
        known.MetadataRetrievalError, known.SSOError, known.TokenRetrievalError, known.InvalidConfigError,
        known.ProfileNotFound, EOFError,
    )  # fmt: skip


def clean(text: str) -> str:
    """Return AWS's words on one line, without request ids, access keys and encoded blobs, within a readable length."""
    text = _ACCESS_KEY.sub(r"\1…", _BLOB.sub(r"\1…", " ".join(text.split())))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
