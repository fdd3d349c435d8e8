"""An organisation in moto behind the proxy, a webhook that listens, and a configuration that uses both."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.load.aws.conftest import aws, members, moto, moto_process, proxy
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import ACCOUNT, ROLE, Server

__all__ = ["aws", "members", "moto", "moto_process", "proxy"]

REGION = "us-east-1"


@dataclass
class Hook:
    """A webhook on this machine: keeps what it was sent, answers what it is told to."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Status of each answer to come; 200 when none is left."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = made.answers.pop(0) if made.answers else 200
            made.paths.append(self.path)
            if status == 200:
                made.got.append(json.loads(body))
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_PUT = do_POST

        def do_GET(self) -> None:
            made.paths.append(self.path)
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/s3cr3t"
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class World:
    """Everything that a night needs."""

    aws: Proxy
    folder: Path
    accounts: Mapping[str, str]
    topic: str
    queue: str

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        return self.aws.server.client(service, REGION, self.aws.server.credentials(account))

    def published(self) -> list[dict[str, Any]]:
        """Return what SNS delivered since the last time."""
        found: list[dict[str, Any]] = []
        sqs = self.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


CONFIG = """\
version: 1
name: org
accounts:
  org_role: {role}
  regions: [{region}]
policy: baseline
waivers: waivers.yaml
only: [FL001]
store: {{where: {store}, keep: 400d}}
work: work
outputs:
  - {{format: json, to: "out/{{night}}.json"}}
  - {{format: csv, to: "s3://reports-of-the-night/{{night}}.csv"}}
evidence: {{to: "evidence/{{night}}"}}
notifications:
  - {{name: topic, sns: "{topic}"}}
  - {{name: chat, webhook: {{env: CHAT_URL}}}}
heartbeat:
  - {{name: file, to: "out/beat.json"}}
  - {{name: metric, cloudwatch: {{namespace: flowcheck, region: {region}}}}}
outcome: "out/{{night}}.outcome.json"
"""

WAIVERS = """\
version: 1
waivers:
  - rule: FL001
    scope: {{account: "{account}"}}
    reason: being taken down
    owner: netops@example.com
    until: 2026-03-02
"""


@pytest.fixture
def world(aws: Proxy, members: Mapping[str, str], hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_URL", hook.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in [name for name in os.environ if name.startswith("FLOWCHECK_")]:
        monkeypatch.delenv(name)
    server = aws.server
    for account in members.values():
        _empty(server, account)
    server.client("s3").create_bucket(Bucket="reports-of-the-night")
    server.client("s3").create_bucket(Bucket="runs-of-the-night")
    name = f"findings-{zlib.crc32(str(tmp_path).encode())}"
    topic = server.client("sns").create_topic(Name=name)["TopicArn"]
    queue = server.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    server.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    (tmp_path / "waivers.yaml").write_text(WAIVERS.format(account=members["two"]))
    world = World(aws=aws, folder=tmp_path, accounts=members, topic=topic, queue=queue)
    write_config(world)
    return world


def _empty(server: Server, account: str) -> None:
    """Take away what an earlier test made; the organisation itself stays, which moto cannot make twice."""
    ec2 = server.client("ec2", REGION, server.credentials(account))
    if logs := [each["FlowLogId"] for each in ec2.describe_flow_logs()["FlowLogs"]]:
        ec2.delete_flow_logs(FlowLogIds=logs)
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        if not vpc["IsDefault"]:
            ec2.delete_vpc(VpcId=vpc["VpcId"])
    s3 = server.client("s3", REGION, server.credentials(account))
    for bucket in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            s3.delete_object(Bucket=bucket["Name"], Key=found["Key"])
        s3.delete_bucket(Bucket=bucket["Name"])


def write_config(world: World, store: str = "store/runs.sqlite") -> None:
    text = CONFIG.format(role=ROLE, region=REGION, store=store, topic=world.topic)
    (world.folder / "nightly.yaml").write_text(text)
