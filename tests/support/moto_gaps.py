"""Corrections of moto beyond flow logs: what it lacks altogether, and what it says of other services.

As those of moto_shim.py, which puts them all in force: each has a name, and a test that shows both answers.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from tests.support.fault_proxy import Forward, Rule
from tests.support.scripts import block_public_access, each, edited, encryption_controls, telemetry_rules
from tests.support.wire import Answer, Request, decode, encode

_BY_DESCRIPTION: Final = ("AWS created network interface for", "Route 53 Resolver:")


def answers_what_moto_lacks() -> list[Rule]:
    """moto has no VPC block public access, no encryption controls and no telemetry rules: it fails, AWS says none."""
    return [*block_public_access(), encryption_controls(), *telemetry_rules()]


def enables_insight_rules_by_default() -> list[Rule]:
    """moto leaves the state of a Contributor Insights rule out where none was given; AWS has enabled it then."""

    def enable(rule: dict[str, Any]) -> None:
        rule.setdefault("State", "ENABLED")

    return [edited("cloudwatch", "DescribeInsightRules", each("InsightRules", enable))]


def lists_no_tags_of_bare_workgroups() -> list[Rule]:
    """moto says that an Athena workgroup without tags does not exist when it is asked for them; AWS says none."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        workgroup = ":workgroup/" in str(request.parameters.get("ResourceARN", ""))
        return encode(request, {"Tags": []}) if workgroup and answer.status == 400 else answer

    return [Rule(act, service="athena", operation="ListTagsForResource")]


def keeps_the_tags_of_new_streams() -> list[Rule]:
    """moto drops the tags that a Kinesis stream is created with; AWS keeps them."""

    def create(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        tags = request.parameters.get("Tags")
        if answer.status == 200 and tags:
            given = {"StreamName": request.parameters["StreamName"], "Tags": tags}
            target = {**request.headers, "x-amz-target": "Kinesis_20131202.AddTagsToStream"}
            forward(replace(request, operation="AddTagsToStream", headers=target, body=json.dumps(given).encode()))
        return answer

    return [Rule(create, service="kinesis", operation="CreateStream")]


def finds_subnets_by_their_ipv6_block() -> list[Rule]:
    """moto fails where a subnet is looked for by its IPv6 association, as Terraform does; AWS finds it.

    moto also writes a Python object for the state of the association of a new subnet; AWS says "associated".
    """

    def state(holder: dict[str, Any]) -> None:
        for one in holder.get("Ipv6CidrBlockAssociationSet", ()):
            if "associated" in one["Ipv6CidrBlockState"].get("State", ""):
                one["Ipv6CidrBlockState"] = {"State": "associated"}

    def find(request: Request, forward: Forward) -> Answer:
        wanted = {name: value for name, value in request.parameters.items() if name.startswith("Filter.1.")}
        if wanted.get("Filter.1.Name") != "ipv6-cidr-block-association.association-id":
            return forward(request)
        bare = request.with_parameters(lambda given: [given.pop(name) for name in wanted])
        result = decode(request, forward(bare))
        result["Subnets"] = [
            subnet
            for subnet in result["Subnets"]
            if {one["AssociationId"] for one in subnet["Ipv6CidrBlockAssociationSet"]} & set(wanted.values())
        ]
        return encode(request, result)

    return [
        Rule(find, service="ec2", operation="DescribeSubnets"),
        edited("ec2", "DescribeSubnets", each("Subnets", state)),
        edited("ec2", "CreateSubnet", lambda result: state(result["Subnet"])),
    ]


def shows_who_keeps_an_interface() -> list[Rule]:
    """moto shows the interfaces of services as anybody's, attached to nothing; AWS says whose they are, and in use.

    Source: EC2 ``NetworkInterface`` as recorded of NAT gateways, endpoints, mount targets, directories and resolvers.
    """
    kept: dict[str, dict[str, Any]] = {}

    def keep(interface: str, kind: str, description: str, **more: Any) -> None:
        kept[interface] = {"InterfaceType": kind, "Description": description, **more}

    def nat(result: dict[str, Any]) -> None:
        made = result["NatGateway"]
        for address in made.get("NatGatewayAddresses", ()):
            name = made["NatGatewayId"]
            keep(address["NetworkInterfaceId"], "nat_gateway", f"Interface for NAT Gateway {name}", Groups=[])

    def endpoint(result: dict[str, Any]) -> None:
        made = result["VpcEndpoint"]
        for interface in made.get("NetworkInterfaceIds", ()):
            keep(interface, "vpc_endpoint", f"VPC Endpoint Interface {made['VpcEndpointId']}")

    def mount(result: dict[str, Any]) -> None:
        names = f"{result['FileSystemId']} ({result['MountTargetId']})"
        keep(result["NetworkInterfaceId"], "efs", f"EFS mount target for {names}")

    def show(interface: dict[str, Any]) -> None:
        own = kept.get(interface["NetworkInterfaceId"])
        if own is not None or interface.get("Description", "").startswith(_BY_DESCRIPTION):
            interface.update({"RequesterManaged": True, "Status": "in-use", **(own or {})})

    return [
        _learned("ec2", "CreateNatGateway", nat),
        _learned("ec2", "CreateVpcEndpoint", endpoint),
        _learned("efs", "CreateMountTarget", mount),
        edited("ec2", "DescribeNetworkInterfaces", each("NetworkInterfaces", show)),
    ]


def _learned(service: str, operation: str, learn: Any) -> Rule:
    """Look at moto's good answers, which go back as they are."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status == 200:
            learn(decode(request, answer))
        return answer

    return Rule(act, service=service, operation=operation)
