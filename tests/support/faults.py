"""Rules that break things, as AWS and networks break them. ``where`` are fields of ``Rule``: service, region, times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.fault_proxy import Forward, Rule
from tests.support.wire import Answer, Request, error

DENIED_EC2 = "You are not authorized to perform this operation."


def fails(code: str, message: str, status: int = 400, **where: Any) -> Rule:
    """AWS answers with an error."""

    def act(request: Request, forward: Forward) -> Answer:
        return error(request, code, message, status)

    return Rule(act, **where)


def denied(**where: Any) -> Rule:
    """The caller may not: EC2 has its own code for that."""

    def act(request: Request, forward: Forward) -> Answer:
        if request.service == "ec2":
            return error(request, "UnauthorizedOperation", DENIED_EC2, 403)
        code = "AccessDenied" if request.protocol in ("query", "rest-xml") else "AccessDeniedException"
        says = f"User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: {_action(request)}"
        return error(request, code, says, 403 if request.protocol != "json" else 400)

    return Rule(act, **where)


def _action(request: Request) -> str:
    return f"{request.service}:{request.operation}"


def throttled(**where: Any) -> Rule:
    """Too many requests: each service has its own words."""
    words = {
        "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
        "s3": ("SlowDown", "Please reduce your request rate.", 503),
        "s3control": ("SlowDown", "Please reduce your request rate.", 503),
    }

    def act(request: Request, forward: Forward) -> Answer:
        code, message, status = words.get(request.service, ("ThrottlingException", "Rate exceeded", 400))
        return error(request, code, message, status)

    return Rule(act, **where)


def expired(**where: Any) -> Rule:
    """The session's credentials have run out."""

    def act(request: Request, forward: Forward) -> Answer:
        code = "RequestExpired" if request.service == "ec2" else "ExpiredToken"
        code = "ExpiredTokenException" if "json" in request.protocol else code
        return error(request, code, "The security token included in the request is expired", 400)

    return Rule(act, **where)


def not_opted_in(**where: Any) -> Rule:
    """The region is not enabled for the account: credentials mean nothing there."""
    says = "AWS was not able to validate the provided access credentials"

    def act(request: Request, forward: Forward) -> Answer:
        code = "AuthFailure" if request.service == "ec2" else "UnrecognizedClientException"
        return error(request, code, says, 401 if request.service == "ec2" else 400)

    return Rule(act, **where)


def reset(**where: Any) -> Rule:
    """The connection is reset before an answer; for a whole region: the region cannot be reached."""
    return Rule(lambda request, forward: Answer(0, {}, b"", "reset"), **where)


def stalled(**where: Any) -> Rule:
    """No answer comes, and the connection stays open."""
    return Rule(lambda request, forward: Answer(0, {}, b"", "stalled"), **where)


def truncated(**where: Any) -> Rule:
    """Half of the announced answer comes, then the connection is reset."""
    return Rule(lambda request, forward: replace(forward(request), ending="truncated"), **where)


def garbled(**where: Any) -> Rule:
    """Half of the answer comes as if it were all of it: something on the way cut it."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return replace(answer, body=answer.body[: len(answer.body) // 2])

    return Rule(act, **where)


def delayed(seconds: float, **where: Any) -> Rule:
    """The answer comes late."""

    def act(request: Request, forward: Forward) -> Answer:
        import time

        time.sleep(seconds)
        return forward(request)

    return Rule(act, **where)


def assume_role_denied(account: str, **where: Any) -> Rule:
    """The role of an account may not be assumed."""
    says = "User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: sts:AssumeRole"

    def act(request: Request, forward: Forward) -> Answer:
        return error(request, "AccessDenied", says, 403)

    return Rule(act, service="sts", operation="AssumeRole", about=f"::{account}:", **where)
