"""The AWS endpoint of the end-to-end cases: a moto server, a real HTTP server that speaks the AWS APIs."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A moto server on a loopback port."""

    url: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that make Terraform and boto3 talk to this endpoint only."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def reset(self) -> None:
        """Forget everything that was created."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
        urllib.request.urlopen(request, timeout=START_SECONDS).close()  # noqa: S310

    def client(self, service: str) -> Any:
        """Return a boto3 client of this endpoint, region us-east-1."""
        import boto3

        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - moto takes any
        )

    def delete_flow_logs(self) -> None:
        """Delete every flow log, as somebody might in the console."""
        ec2 = self.client("ec2")
        ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]])


@contextmanager
def serve() -> Iterator[Endpoint]:
    """Start a server on a free port and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = Endpoint(f"http://127.0.0.1:{port}")
        _wait(endpoint)
        yield endpoint
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def _wait(endpoint: Endpoint) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            endpoint.reset()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
