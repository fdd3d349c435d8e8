"""Clients are shared, send only what the table has, go where the AWS configuration says, and check what comes back."""

from __future__ import annotations

import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, SSLError
from botocore.parsers import ResponseParserError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from checker.errors import InternalError
from checker.load.aws.clients import Clients
from checker.load.aws.session import Keys
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import ACCOUNT

KEYS = Keys("test", "test")


def test_many_threads_share_one_client_of_each_service_and_region() -> None:
    made = Clients(None, pool=1)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(made.get("ec2", "eu-west-1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1
    assert made.get("ec2", "us-east-1") is not found[0]


def test_each_request_is_signed_with_the_credentials_it_brings(aws: Proxy) -> None:
    given = aws.server.credentials("222222222222")
    other = Keys(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"])
    made = Clients(None, pool=4)
    found: dict[int, str] = {}

    def ask(at: int) -> None:
        keys = other if at % 2 else KEYS
        found[at] = made.send("sts", "GetCallerIdentity", "us-east-1", {}, keys)["Account"]

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {at: found[at] for at in sorted(found)} == {at: "222222222222" if at % 2 else ACCOUNT for at in range(12)}


@pytest.mark.parametrize(
    ("service", "operation", "words"),
    [
        ("ec2", "DeleteVpc", {"VpcId": "vpc-1"}),
        ("ec2", "CreateFlowLogs", {"ResourceIds": ["vpc-1"], "ResourceType": "VPC"}),
        ("s3", "PutBucketPolicy", {"Bucket": "logs", "Policy": "{}"}),
        ("sts", "GetSessionToken", {}),
        ("s3", "GetObject", {"Bucket": "logs", "Key": "k"}),
    ],
)
def test_what_is_not_in_the_table_is_never_sent(service: str, operation: str, words: Any, aws: Proxy) -> None:
    with aws.recording() as calls, pytest.raises(InternalError, match=operation):
        Clients(None, pool=1).send(service, operation, "us-east-1", words, KEYS)
    assert calls == []


def test_what_botocore_asks_by_itself_is_refused_without_a_crash(aws: Proxy) -> None:
    with aws.recording() as calls, pytest.raises(ClientError):
        Clients(None, pool=1).send("s3", "HeadBucket", "us-east-1", {"Bucket": "logs"}, KEYS)
    assert calls == []


@pytest.mark.parametrize(
    ("region", "environment", "service", "endpoint"),
    [
        ("us-gov-west-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "ec2", "https://ec2.us-gov-west-1.amazonaws.com"),
        ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "ec2", "https://ec2-fips.us-east-1.amazonaws.com"),
        ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "kms", "https://kms-fips.us-east-1.amazonaws.com"),
        ("cn-north-1", {}, "ec2", "https://ec2.cn-north-1.amazonaws.com.cn"),
        ("cn-north-1", {}, "iam", "https://iam.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", {}, "iam", "https://iam.us-gov.amazonaws.com"),
        ("us-east-1", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "logs", "http://127.0.0.1:9"),
        ("us-east-1", {"AWS_ENDPOINT_URL": "http://a.test", "AWS_ENDPOINT_URL_KMS": "http://b.test"}, "kms", "http://b.test"),
    ],
)  # fmt: skip
def test_endpoints_are_those_of_partition_and_configuration(
    region: str, environment: dict[str, str], service: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = Clients(None, pool=1).get(service, region)
    resolved = client._ruleset_resolver.construct_endpoint(
        client.meta.service_model.operation_model(client.meta.service_model.operation_names[0]), {}, {}
    )
    given = client.meta.endpoint_url
    assert endpoint in (resolved.url, given)


@contextmanager
def answering(body: bytes, content_type: str = "text/xml", certificate: Path | None = None) -> Iterator[str]:
    """An endpoint that gives one answer to everything; over TLS where it has a certificate (with its key)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody knows, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proxy.acme.test")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("known", [True, False])
def test_a_bundle_of_certificates_is_taken_from_the_environment(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path)
    if known:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
    with answering(VPCS, certificate=path) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        made = Clients(None, pool=1)
        if known:
            assert made.send("ec2", "DescribeVpcs", "us-east-1", {}, KEYS)["Vpcs"] == []
        else:
            with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                made.send("ec2", "DescribeVpcs", "us-east-1", {}, KEYS)


PORTAL = b"<!DOCTYPE html><html><body>Please log in</body></html>"
VPCS = b"<DescribeVpcsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><vpcSet/></DescribeVpcsResponse>"


@pytest.mark.parametrize(
    ("service", "operation", "words", "body"),
    [
        pytest.param("ec2", "DescribeVpcs", {}, PORTAL.replace(b"<!DOCTYPE html>", b""), id="page-for-ec2"),
        pytest.param("ec2", "DescribeVpcs", {}, b"<DescribeSubnetsResponse/>", id="answer-to-another-question"),
        pytest.param("ec2", "DescribeVpcs", {}, b"", id="nothing-for-ec2"),
        pytest.param("iam", "GetRole", {"RoleName": "a"}, b"<html/>", id="page-for-a-query"),
        pytest.param("s3", "GetBucketVersioning", {"Bucket": "a"}, b" <html></html>", id="page-for-s3"),
        pytest.param("s3", "GetBucketVersioning", {"Bucket": "a"}, PORTAL, id="whole-page-for-s3"),
        pytest.param("logs", "DescribeLogGroups", {}, PORTAL, id="page-for-json"),
        pytest.param("logs", "DescribeLogGroups", {}, b'{"logGroups": [{"logGroupName"', id="half-of-json"),
        pytest.param("logs", "DescribeLogGroups", {}, b"[]", id="json-that-is-no-object"),
        pytest.param("observabilityadmin", "ListTelemetryRules", {}, b'{"Telemetry', id="half-of-rest-json"),
    ],
)
def test_an_answer_that_is_not_aws_is_not_taken_for_an_empty_one(
    service: str, operation: str, words: Any, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(body) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ResponseParserError):
            Clients(None, pool=1).send(service, operation, "us-east-1", words, KEYS)


@pytest.mark.parametrize(
    ("service", "operation", "words", "body", "member"),
    [
        ("ec2", "DescribeVpcs", {}, b'<?xml version="1.0"?>\n' + VPCS, {"Vpcs": []}),
        ("logs", "DescribeLogGroups", {}, b'{"logGroups": []}', {"logGroups": []}),
        ("s3", "GetBucketVersioning", {"Bucket": "a"}, b"<VersioningConfiguration/>", {}),
    ],
)
def test_an_empty_answer_of_aws_is_one(
    service: str, operation: str, words: Any, body: bytes, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(body) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        answer = Clients(None, pool=1).send(service, operation, "us-east-1", words, KEYS)
    answer.pop("ResponseMetadata")
    assert answer == member
