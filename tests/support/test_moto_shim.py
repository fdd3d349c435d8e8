"""Each correction: what moto says by itself, which is wrong, and what the corrected AWS says.

A test that fails at ``moto`` tells that moto has become right, and that the correction can go.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.support.fault_proxy import Forward, Proxy, Rule, serve_proxy
from tests.support.moto_server import ACCOUNT, Server
from tests.support.moto_shim import CORRECTIONS, TRANSIT_GATEWAY_FORMAT, attaches_a_bucket_policy
from tests.support.organization import Member, found
from tests.support.wire import Answer, Request

ROLE = f"arn:aws:iam::{ACCOUNT}:role/flow"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/vpc/flow"
BUCKET = "arn:aws:s3:::acme-flow-logs"


def both(moto: Server, proxy: Proxy) -> tuple[Any, Any]:
    """Return EC2 as moto is and as corrected: one VPC each, one bucket, one log group."""
    moto.client("s3").create_bucket(Bucket="acme-flow-logs")
    moto.client("logs").create_log_group(logGroupName="/vpc/flow")
    return moto.client("ec2"), proxy.server.client("ec2")


def vpc(ec2: Any) -> str:
    name: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return name


def log(ec2: Any, resource: str, **more: Any) -> dict[str, Any]:
    """Create a flow log and describe it; raises AssertionError where AWS refuses."""
    given = {"ResourceType": "VPC", "TrafficType": "ALL", **more}
    made = ec2.create_flow_logs(ResourceIds=[resource], **{k: v for k, v in given.items() if v is not None})
    assert not made["Unsuccessful"], made["Unsuccessful"]
    described: dict[str, Any] = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]
    return described


def test_every_correction_says_what_it_corrects() -> None:
    assert len({correction.__name__ for correction in CORRECTIONS}) == len(CORRECTIONS)
    assert all("moto" in str(correction.__doc__) and "AWS" in str(correction.__doc__) for correction in CORRECTIONS)


def test_destination_options_and_cross_account_role_are_remembered(moto: Server, proxy: Proxy) -> None:
    raw, corrected = both(moto, proxy)
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False}
    given = {"LogDestinationType": "s3", "LogDestination": BUCKET, "DestinationOptions": options}
    assert "DestinationOptions" not in log(raw, vpc(raw), **given)
    assert log(corrected, vpc(corrected), **given)["DestinationOptions"] == options
    plain = log(corrected, vpc(corrected), LogDestinationType="s3", LogDestination=BUCKET)
    assert plain["DestinationOptions"]["FileFormat"] == "plain-text"

    stream = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/flow"
    cross = {"LogDestinationType": "kinesis-data-firehose", "LogDestination": stream, "DeliverCrossAccountRole": ROLE}
    assert "DeliverCrossAccountRole" not in log(raw, vpc(raw), **cross)
    assert log(corrected, vpc(corrected), **cross)["DeliverCrossAccountRole"] == ROLE


def test_a_log_group_is_found_by_its_arn(moto: Server, proxy: Proxy) -> None:
    raw, corrected = both(moto, proxy)
    by_arn = {"LogDestination": f"{GROUP}:*", "DeliverLogsPermissionArn": ROLE}
    assert log(raw, vpc(raw), **by_arn)["DeliverLogsStatus"] == "FAILED"
    found = log(corrected, vpc(corrected), **by_arn)
    assert (found["DeliverLogsStatus"], found["LogGroupName"], found["LogDestination"]) == (
        "SUCCESS",
        "/vpc/flow",
        GROUP,
    )


@pytest.mark.parametrize("arn", [f"{GROUP}-missing", GROUP.replace("us-east-1", "eu-west-1")], ids=["gone", "region"])
def test_a_log_group_that_is_not_there_fails_here_too(moto: Server, proxy: Proxy, arn: str) -> None:
    _, corrected = both(moto, proxy)
    failed = log(corrected, vpc(corrected), LogDestination=arn, DeliverLogsPermissionArn=ROLE)
    assert (failed["DeliverLogsStatus"], failed["DeliverLogsErrorMessage"]) == ("FAILED", "Access error")


def test_delivery_follows_the_log_group_as_it_comes_and_goes(moto: Server, proxy: Proxy) -> None:
    for ec2, later in zip(both(moto, proxy), ("FAILED", "SUCCESS"), strict=True):
        moto.client("logs").delete_log_group(logGroupName="/vpc/flow")
        late = log(ec2, vpc(ec2), LogGroupName="/vpc/flow", DeliverLogsPermissionArn=ROLE)
        moto.client("logs").create_log_group(logGroupName="/vpc/flow")
        told = ec2.describe_flow_logs(FlowLogIds=[late["FlowLogId"]])["FlowLogs"][0]
        assert (late["DeliverLogsStatus"], told["DeliverLogsStatus"]) == ("FAILED", later)


def test_a_folder_in_a_bucket_arn_is_a_folder(moto: Server, proxy: Proxy) -> None:
    raw, corrected = both(moto, proxy)
    given = {"LogDestinationType": "s3", "LogDestination": f"{BUCKET}/team/"}
    with pytest.raises(AssertionError, match="does not exist"):
        log(raw, vpc(raw), **given)
    assert log(corrected, vpc(corrected), **given)["LogDestination"] == f"{BUCKET}/team/"
    with pytest.raises(AssertionError, match="does not exist"):
        log(corrected, vpc(corrected), LogDestinationType="s3", LogDestination="arn:aws:s3:::nowhere/team/")


@pytest.mark.parametrize(
    "destination",
    [
        pytest.param({"LogDestinationType": "s3", "LogDestination": BUCKET}, id="bucket"),
        pytest.param({"LogGroupName": "/vpc/flow", "DeliverLogsPermissionArn": ROLE}, id="log-group"),
    ],
)
def test_accept_and_reject_stand_beside_each_other(moto: Server, proxy: Proxy, destination: dict[str, Any]) -> None:
    raw, corrected = both(moto, proxy)
    for ec2, second_is_refused in ((raw, True), (corrected, False)):
        one = vpc(ec2)
        log(ec2, one, **destination, TrafficType="ACCEPT")
        if second_is_refused:
            with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
                log(ec2, one, **destination, TrafficType="REJECT")
            continue
        log(ec2, one, **destination, TrafficType="REJECT")
        with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
            log(ec2, one, **destination, TrafficType="REJECT")
        told = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [one]}])["FlowLogs"]
        assert [each["TrafficType"] for each in told] == ["ACCEPT", "REJECT"]
        assert {each["DeliverLogsStatus"] for each in told} == {"SUCCESS"}
        assert {each.get("LogDestination") for each in told} == {destination.get("LogDestination")}


def test_a_transit_gateway_has_a_format_and_an_interval_of_its_own(moto: Server, proxy: Proxy) -> None:
    raw, corrected = both(moto, proxy)
    given = {"LogDestinationType": "s3", "LogDestination": BUCKET, "ResourceType": "TransitGateway"}
    gateway = raw.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    wrong = log(raw, gateway, **given)
    assert (wrong["MaxAggregationInterval"], "tgw-id" in wrong["LogFormat"]) == (600, False)
    moto.client("ec2").delete_flow_logs(FlowLogIds=[wrong["FlowLogId"]])
    right = log(corrected, gateway, **given, TrafficType=None)
    assert (right["MaxAggregationInterval"], right["LogFormat"]) == (60, TRANSIT_GATEWAY_FORMAT)
    for refused in ({"TrafficType": "ALL"}, {"TrafficType": None, "MaxAggregationInterval": 600}):
        with pytest.raises(ClientError, match="InvalidParameter"):
            log(corrected, gateway, **{**given, **refused})


def test_a_bucket_without_a_policy_gets_one(moto: Server, proxy: Proxy) -> None:
    raw, corrected = both(moto, proxy)
    s3 = moto.client("s3")
    log(raw, vpc(raw), LogDestinationType="s3", LogDestination=BUCKET)
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket="acme-flow-logs")
    log(corrected, vpc(corrected), LogDestinationType="s3", LogDestination=f"{BUCKET}/team/")
    written = json.loads(s3.get_bucket_policy(Bucket="acme-flow-logs")["Policy"])
    assert written["Statement"][0]["Resource"] == f"{BUCKET}/team/AWSLogs/{ACCOUNT}/*"
    log(corrected, vpc(corrected), LogDestinationType="s3", LogDestination=BUCKET)
    assert json.loads(s3.get_bucket_policy(Bucket="acme-flow-logs")["Policy"]) == written, "a policy that stands stays"


def test_a_policy_written_while_a_log_is_made_stays(moto: Server) -> None:
    """Terraform does both at once where nothing orders them."""
    writing: list[threading.Thread] = []

    def look(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        writing.append(threading.Thread(target=write))
        writing[0].start()
        writing[0].join(timeout=2.0)
        return answer

    def write() -> None:
        proxy.server.client("s3").put_bucket_policy(Bucket="acme-flow-logs", Policy=ours)

    ours = json.dumps({"Version": "2012-10-17", "Statement": []})
    rules = [Rule(look, service="s3", operation="GetBucketPolicy", times=1)]
    with serve_proxy(moto, [*rules, *attaches_a_bucket_policy()]) as proxy:
        _, corrected = both(moto, proxy)
        log(corrected, vpc(corrected), LogDestinationType="s3", LogDestination=BUCKET)
        writing[0].join()
        assert json.loads(moto.client("s3").get_bucket_policy(Bucket="acme-flow-logs")["Policy"]) == json.loads(ours)


def test_a_new_bucket_is_closed_and_encrypted(moto: Server, proxy: Proxy) -> None:
    raw, corrected = moto.client("s3"), proxy.server.client("s3")
    raw.create_bucket(Bucket="bare")
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        raw.get_public_access_block(Bucket="bare")
    with pytest.raises(ClientError, match="ServerSideEncryptionConfigurationNotFoundError"):
        raw.get_bucket_encryption(Bucket="bare")
    corrected.create_bucket(Bucket="closed")
    assert set(corrected.get_public_access_block(Bucket="closed")["PublicAccessBlockConfiguration"].values()) == {True}
    rule = corrected.get_bucket_encryption(Bucket="closed")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_regions_are_those_of_one_partition(moto: Server, proxy: Proxy) -> None:
    raw = {each["RegionName"] for each in moto.client("ec2").describe_regions()["Regions"]}
    assert {"us-east-1", "cn-north-1", "us-gov-west-1"} <= raw
    commercial = {each["RegionName"] for each in proxy.server.client("ec2").describe_regions()["Regions"]}
    assert commercial == {name for name in raw if not name.startswith(("cn-", "us-gov-"))}
    gov = {each["RegionName"] for each in proxy.server.client("ec2", "us-gov-west-1").describe_regions()["Regions"]}
    assert gov == {"us-gov-east-1", "us-gov-west-1"}


def test_the_default_acl_goes_with_its_vpc(moto: Server, proxy: Proxy) -> None:
    for ec2, stays in ((moto.client("ec2"), True), (proxy.server.client("ec2"), False)):
        gone = vpc(ec2)
        ec2.delete_vpc(VpcId=gone)
        told = [each["VpcId"] for each in ec2.describe_network_acls()["NetworkAcls"]]
        assert (gone in told) is stays
        assert vpc(ec2) in [each["VpcId"] for each in ec2.describe_network_acls()["NetworkAcls"]]


def test_every_network_acl_ends_with_a_deny(moto: Server, proxy: Proxy) -> None:
    ec2 = moto.client("ec2")
    own = ec2.create_network_acl(VpcId=vpc(ec2))["NetworkAcl"]["NetworkAclId"]
    last = {(32767, "deny", True), (32767, "deny", False)}
    for client, shown in ((ec2, False), (proxy.server.client("ec2"), True)):
        entries = client.describe_network_acls(NetworkAclIds=[own])["NetworkAcls"][0]["Entries"]
        told = [(one["RuleNumber"], one["RuleAction"], one["Egress"]) for one in entries]
        assert (set(told) >= last and len(told) == 2) is shown


def test_a_delegated_administrator_sees_the_organisation(moto: Server, proxy: Proxy) -> None:
    made = found(proxy.server, [Member("audit", delegated=True), Member("other")])
    for server, names in ((moto, set()), (proxy.server, {"master", "audit", "other"})):
        for account, expected in ((made.accounts["audit"], names), (made.accounts["other"], set())):
            client = server.client("organizations", credentials=proxy.server.credentials(account))
            assert {each["Name"] for each in client.list_accounts()["Accounts"]} == expected


@pytest.mark.parametrize(
    ("service", "method", "key"),
    [
        ("ec2", "describe_vpc_block_public_access_options", "VpcBlockPublicAccessOptions"),
        ("ec2", "describe_vpc_block_public_access_exclusions", "VpcBlockPublicAccessExclusions"),
        ("ec2", "describe_vpc_encryption_controls", "VpcEncryptionControls"),
        ("observabilityadmin", "list_telemetry_rules", "TelemetryRuleSummaries"),
        ("observabilityadmin", "list_telemetry_rules_for_organization", "TelemetryRuleSummaries"),
    ],
)
def test_what_moto_lacks_is_answered(moto: Server, proxy: Proxy, service: str, method: str, key: str) -> None:
    with pytest.raises((ClientError, ResponseParserError)):
        getattr(moto.client(service), method)()
    assert key in getattr(proxy.server.client(service), method)()


def test_an_insight_rule_is_enabled_unless_told_otherwise(moto: Server, proxy: Proxy) -> None:
    moto.client("cloudwatch").put_insight_rule(RuleName="talkers", RuleDefinition="{}")
    for server, state in ((moto, None), (proxy.server, "ENABLED")):
        (rule,) = server.client("cloudwatch").describe_insight_rules()["InsightRules"]
        assert rule.get("State") == state
    off = {"RuleName": "off", "RuleState": "DISABLED", "RuleDefinition": "{}"}
    proxy.server.client("cloudwatch").put_insight_rule(**off)
    rules = proxy.server.client("cloudwatch").describe_insight_rules()["InsightRules"]
    assert {rule["Name"]: rule["State"] for rule in rules} == {"talkers": "ENABLED", "off": "DISABLED"}


def test_a_workgroup_without_tags_has_none(moto: Server, proxy: Proxy) -> None:
    moto.client("athena").create_work_group(Name="net")
    arn = f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/net"
    with pytest.raises(ClientError, match="Does Not Exist"):
        moto.client("athena").list_tags_for_resource(ResourceARN=arn)
    assert proxy.server.client("athena").list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_a_stream_keeps_the_tags_it_is_created_with(moto: Server, proxy: Proxy) -> None:
    for server, tags in ((moto, []), (proxy.server, [{"Key": "owner", "Value": "net"}])):
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName=f"s{len(tags)}", ShardCount=1, Tags={"owner": "net"})
        assert kinesis.list_tags_for_stream(StreamName=f"s{len(tags)}")["Tags"] == tags


def test_a_subnet_is_found_by_its_ipv6_association(moto: Server, proxy: Proxy) -> None:
    for server, right in ((moto, False), (proxy.server, True)):
        ec2 = server.client("ec2")
        six = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        block = six["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
        made = ec2.create_subnet(VpcId=six["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=block)["Subnet"]
        (association,) = made["Ipv6CidrBlockAssociationSet"]
        assert (association["Ipv6CidrBlockState"]["State"] == "associated") is right
        name = "ipv6-cidr-block-association.association-id"
        by = {"Filters": [{"Name": name, "Values": [association["AssociationId"]]}]}
        if right:
            (again,) = ec2.describe_subnets(**by)["Subnets"]
            assert again["SubnetId"] == made["SubnetId"]
            assert again["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"] == {"State": "associated"}
        else:
            with pytest.raises(ResponseParserError):
                ec2.describe_subnets(**by)


def test_interfaces_show_who_keeps_them(moto: Server, proxy: Proxy) -> None:
    kinds = ("nat_gateway", "vpc_endpoint", "efs", "interface")
    for server, right in ((moto, False), (proxy.server, True)):
        ec2, efs = server.client("ec2"), server.client("efs")
        net = vpc(ec2)
        subnet = ec2.create_subnet(VpcId=net, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
        service = "com.amazonaws.us-east-1.logs"
        ec2.create_vpc_endpoint(VpcEndpointType="Interface", VpcId=net, ServiceName=service, SubnetIds=[subnet])
        system = efs.create_file_system(CreationToken=str(right))["FileSystemId"]
        efs.create_mount_target(FileSystemId=system, SubnetId=subnet)
        ec2.create_network_interface(SubnetId=subnet)
        filters = [{"Name": "subnet-id", "Values": [subnet]}]
        listed = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        told = sorted((one["InterfaceType"], one["RequesterManaged"], one["Status"]) for one in listed)
        kept = [(kind, kind != "interface", "available" if kind == "interface" else "in-use") for kind in kinds]
        assert (told == sorted(kept)) is right
