"""A moto server on a loopback port: a real HTTP server that speaks the AWS APIs, with any number of accounts."""

from __future__ import annotations

import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.support.child import running

START_SECONDS: Final = 60
ACCOUNT: Final = "123456789012"
"""Whose the credentials ``test``/``test`` are."""
ROLE: Final = "OrganizationAccountAccessRole"
"""The role by which one gets into another account; moto asks for none in particular."""
NAMED: Final = "http://aws.test"
"""An endpoint by name, for a client that goes through the proxy."""


@dataclass(frozen=True, slots=True)
class Server:
    """An AWS endpoint on this machine: moto itself, or the proxy in front of it."""

    url: str
    named: bool = False
    """Whether it is an HTTP proxy too, which answers to any name. S3 Control needs that: it puts the account before
    the host, and no account stands before an address of digits."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that make Terraform, boto3 and flowcheck talk to this endpoint only, as account ``ACCOUNT``."""
        by_name = {
            "AWS_ENDPOINT_URL_S3_CONTROL": NAMED,
            **dict.fromkeys(("HTTP_PROXY", "http_proxy"), self.url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
        }
        return {
            **(by_name if self.named else {}),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def reset(self) -> None:
        """Forget everything that was created, in every account; credentials of other accounts end with it."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        direct.open(request, timeout=START_SECONDS).close()

    def credentials(self, account: str) -> Mapping[str, str]:
        """Return the environment variables of a session in an account."""
        if account == ACCOUNT:
            return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        given = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="tests")
        return {
            "AWS_ACCESS_KEY_ID": given["Credentials"]["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["Credentials"]["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["Credentials"]["SessionToken"],
        }

    def client(self, service: str, region: str = "us-east-1", credentials: Mapping[str, str] | None = None) -> Any:
        """Return a boto3 client of this endpoint; ``credentials`` as ``credentials()`` gives them.

        It never retries: what a test provokes, it sees.
        """
        import boto3
        from botocore.config import Config

        given = credentials or self.credentials(ACCOUNT)
        by_name = self.named and service == "s3control"
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=NAMED if by_name else self.url,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            config=Config(
                proxies={"http": self.url} if by_name else {},
                retries={"total_max_attempts": 1},
                read_timeout=START_SECONDS,
            ),
        )


@contextmanager
def serve() -> Iterator[Server]:
    """Start moto on a free port and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(words):
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server)
        yield server


def _wait(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            server.reset()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
