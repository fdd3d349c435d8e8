"""Every call of flowcheck is told apart on the wire, and answers can be read and written without loss."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from checker.load.aws.call import Call
from checker.load.aws.calls import CALLS
from tests.support.fault_proxy import Forward, Proxy, Rule, serve_proxy
from tests.support.moto_server import ACCOUNT, Server
from tests.support.wire import Answer, Request, decode, encode, error, recognise, with_query

ARN = f"arn:aws:sns:eu-west-1:{ACCOUNT}:something"
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host"}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_every_call_is_recognised_and_recorded(proxy: Proxy, call: Call) -> None:
    from botocore import xform_name

    client = proxy.server.client(call.service, "eu-west-1")
    values = {name: ARN if name.lower().endswith("arn") else "something" for name in call.per}
    values |= {"AccountId": ACCOUNT} if call.service == "s3control" else {}
    stop = Rule(lambda request, forward: error(request, "Stop", "<seen> & read"))
    with proxy.with_rules(stop), pytest.raises(ClientError, match=r"Stop.*<seen> & read"):
        getattr(client, xform_name(call.operation))(**values, **call.parameters)
    seen = proxy.calls[-1]
    assert (seen.service, seen.operation) == (call.service, call.operation)
    assert (seen.account, seen.region) == (ACCOUNT, "eu-west-1")


def test_another_account_is_told_by_its_key(proxy: Proxy) -> None:
    other = proxy.server.credentials("222222222222")
    proxy.server.client("ec2", "eu-west-1", other).describe_vpcs()
    assert (proxy.calls[-1].account, proxy.calls[-1].region) == ("222222222222", "eu-west-1")
    proxy.server.client("ec2").describe_vpcs()
    assert proxy.calls[-1].account == ACCOUNT


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/", "ListBuckets"),
        ("GET", "/bucket?policy", "GetBucketPolicy"),
        ("PUT", "/bucket?policy", "PutBucketPolicy"),
        ("PUT", "/bucket", "CreateBucket"),
        ("GET", "/bucket?list-type=2&prefix=AWSLogs%2F", "ListObjectsV2"),
        ("GET", "/bucket?prefix=a", "ListObjects"),
        ("GET", "/bucket/a/b.log.gz", "GetObject"),
        ("DELETE", "/bucket/a", "DeleteObject"),
    ],
)
def test_rest_requests_are_told_apart_by_method_path_and_query(method: str, path: str, operation: str) -> None:
    assert recognise(method, path, SIGNED, b"").operation == operation


def test_a_request_without_a_signature_is_nothing_of_aws() -> None:
    assert recognise("POST", "/moto-api/reset", {}, b"").operation == ""


def test_answers_pass_through_reading_and_writing_unchanged(moto: Server) -> None:
    ec2, logs, iam, s3 = (moto.client(name) for name in ("ec2", "logs", "iam", "s3"))
    logs.create_log_group(logGroupName="/vpc/flow", tags={"team": "net & ops"})
    logs.put_retention_policy(logGroupName="/vpc/flow", retentionInDays=400)
    iam.create_role(RoleName="flow", AssumeRolePolicyDocument='{"Statement": []}', Tags=[{"Key": "a", "Value": "<b>"}])
    s3.create_bucket(Bucket="acme-flow-logs")
    s3.put_object(Bucket="acme-flow-logs", Key="AWSLogs/x y.gz", Body=b"1")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="/vpc/flow",
                                DeliverLogsPermissionArn="arn:aws:iam::1:role/flow")  # fmt: skip
    assert made["FlowLogIds"]

    def again(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return encode(request, decode(request, answer)) if answer.status == 200 else answer

    asked = [
        *(("ec2", name, {}) for name in ("describe_vpcs", "describe_subnets", "describe_security_groups",
          "describe_security_group_rules", "describe_network_acls", "describe_route_tables", "describe_flow_logs",
          "describe_managed_prefix_lists", "describe_regions")),
        ("logs", "describe_log_groups", {}), ("iam", "get_role", {"RoleName": "flow"}), ("s3", "list_buckets", {}),
        ("s3", "list_objects_v2", {"Bucket": "acme-flow-logs"}), ("sts", "get_caller_identity", {}),
        ("cloudwatch", "describe_insight_rules", {}), ("glue", "get_databases", {}),
    ]  # fmt: skip
    with serve_proxy(moto, [Rule(again)]) as proxy:
        for service, method, words in asked:
            one, other = (getattr(each.client(service), method)(**words) for each in (moto, proxy.server))
            del one["ResponseMetadata"], other["ResponseMetadata"]
            assert other == one, f"{service} {method}"
            assert other


def test_a_query_is_changed_and_nothing_else_of_a_path() -> None:
    path = "/b?list-type=2&prefix=a%2Fb&continuation-token=x"
    assert with_query(path, {"continuation-token": None}) == "/b?list-type=2&prefix=a%2Fb"
    assert with_query("/b?policy", {"x": "1/2"}) == "/b?policy&x=1%2F2"
