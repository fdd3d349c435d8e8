"""What AWS says when it refuses, on one line and without secrets."""

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from checker.errors import UsageError
from checker.flowlog.sources.refusal import code_of, explained


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")


SAID = [
    pytest.param(refused("AccessDenied", "Access Denied"), "AccessDenied: Access Denied", id="plain"),
    pytest.param(refused("X", "two\nlines\t and\r\nmore"), "X: two lines and more", id="one line"),
    pytest.param(refused("X", "key AKIAIOSFODNN7EXAMPLE is bad"), "X: key AKIA… is bad", id="access key"),
    pytest.param(refused("X", "no (Request ID: 4442587FB7D0A2F9, Host ID: abc=)"), "X: no", id="request id"),
    pytest.param(refused("X", "y" * 1000), "X: " + "y" * 299 + "…", id="long"),
    pytest.param(exceptions.EndpointConnectionError(endpoint_url="http://x"),
                 'EndpointConnectionError: Could not connect to the endpoint URL: "http://x"', id="nobody there"),
    pytest.param(OSError("broken"), "OSError: broken", id="network"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "wanted"), SAID)
def test_a_refusal_is_one_clean_line(error: Exception, wanted: str) -> None:
    assert explained(error) == wanted
    assert code_of(error) == wanted.split(":", 1)[0]


def test_what_was_asked_about_is_left_out_before_the_words_are_cut() -> None:
    said = 'not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/%s" because no policy allows it'
    short, long = (explained(refused("AccessDenied", said % key), f"bucket/{key}") for key in ("a", "b" * 500))
    assert short == long == "AccessDenied: " + said.replace("bucket/%s", "…")


WRONG = [
    pytest.param(exceptions.NoCredentialsError(), "no AWS credentials", id="none"),
    pytest.param(exceptions.ProfileNotFound(profile="x"), "no AWS credentials", id="profile"),
    pytest.param(exceptions.NoRegionError(), "the region of the logs is not known", id="region"),
]


@pytest.mark.parametrize(("error", "said"), WRONG)
def test_what_the_person_must_settle_is_an_error(error: Exception, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        explained(error)
    assert raised.value.hint
