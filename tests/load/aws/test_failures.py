"""Errors of botocore become one word and AWS's text, and secrets do not get into it."""

from __future__ import annotations

import pytest
from botocore import exceptions as known
from botocore.parsers import ResponseParserError

from checker.load.aws.call import Meaning
from checker.load.aws.calls import call_of
from checker.load.aws.failures import TRANSIENT, call_failed, clean, expected_errors
from tests.load.aws.fake import refused

URL = {"endpoint_url": "https://ec2.test"}


@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        (refused("AccessDenied", status=403), "AccessDenied", False),
        (refused("Throttling"), "Throttling", True),
        (refused("SlowDown", status=503), "SlowDown", True),
        (refused("ExpiredToken"), "ExpiredToken", False),
        (refused("Odd", status=500), "Odd", True),
        (refused("NoSuchBucket", status=404), "NoSuchBucket", False),
        (known.EndpointConnectionError(**URL), "EndpointUnreachable", True),
        (known.ConnectTimeoutError(**URL), "Timeout", True),
        (known.ReadTimeoutError(**URL), "Timeout", True),
        (known.ConnectionClosedError(**URL), "EndpointUnreachable", True),
        (
            known.SSLError(endpoint_url="https://ec2.test", error="certificate verify failed"),
            "EndpointUnreachable",
            True,
        ),
        (known.ProxyConnectionError(proxy_url="http://proxy.test"), "EndpointUnreachable", True),
        (known.NoRegionError(), "EndpointUnreachable", True),
        (ConnectionResetError("reset"), "EndpointUnreachable", True),
        (known.IncompleteReadError(actual_bytes=1, expected_bytes=2), "BadResponse", True),
        (ResponseParserError("half"), "BadResponse", True),
        (known.NoCredentialsError(), "NoCredentials", False),
        (known.UnauthorizedSSOTokenError(), "NoCredentials", False),
        (known.CredentialRetrievalError(provider="process", error_msg="exit 1"), "NoCredentials", False),
        (EOFError(), "NoCredentials", False),
        (known.ParamValidationError(report="too long"), "NotAsked", False),
        (known.InvalidRegionError(region_name="a b"), "NotAsked", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_error_has_a_code_and_says_whether_another_try_helps(error: Exception, code: str, again: bool) -> None:
    assert isinstance(error, expected_errors())
    failed = call_failed(error, call_of("ec2", "DescribeVpcs"))
    assert (failed.failure.code, failed.again) == (code, again)
    assert failed.failure.message or code == "BadResponse"


@pytest.mark.parametrize(
    ("service", "operation", "code", "meaning"),
    [
        ("s3", "GetBucketPolicy", "NoSuchBucketPolicy", Meaning.UNSET),
        ("s3", "GetBucketPolicy", "NoSuchBucket", Meaning.GONE),
        ("s3", "GetBucketPolicy", "AccessDenied", None),
        ("iam", "GetRole", "NoSuchEntity", Meaning.GONE),
        ("iam", "GetRole", "NoSuchBucket", None),
    ],
)
def test_a_code_means_what_the_table_of_calls_says(
    service: str, operation: str, code: str, meaning: Meaning | None
) -> None:
    assert call_failed(refused(code), call_of(service, operation)).failure.meaning == meaning


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("You are not authorized.", "You are not authorized."),
        ("two\n  lines ", "two lines"),
        (
            "not authorized. Encoded authorization failure message: abcDEF_-123 and more",
            "not authorized. Encoded authorization failure message: … and more",
        ),
        ("denied (Service: Ec2, Request ID: 1f2e-3d4c)", "denied (Service: Ec2, Request ID: …)"),
        ("key AKIAIOSFODNN7EXAMPLE is not known", "key AKIA… is not known"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_messages_are_aws_words_without_what_is_secret_or_changes(said: str, kept: str) -> None:
    assert clean(said) == kept


@pytest.mark.parametrize("code", ["AccessDenied", "UnauthorizedOperation", "AuthFailure", "OptInRequired", "NotAsked"])
def test_a_resumed_run_does_not_ask_again_what_was_refused(code: str) -> None:
    assert code not in TRANSIENT
