"""What an account is built with. Everything made gets a name of ours, because AWS's ids differ from run to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fault_proxy import Proxy, Rule
from tests.support.moto_server import ACCOUNT


@dataclass(slots=True)
class World:
    """An AWS that is being built."""

    proxy: Proxy
    names: dict[str, str] = field(default_factory=dict)
    """Our name by AWS id or ARN. What has none yet is called after what it belongs to."""
    rules: list[Rule] = field(default_factory=list)
    """What moto cannot express; in force while the account is audited."""
    words: list[str] = field(default_factory=list)
    """Words added to the command line: regions, roles."""
    keys: dict[str, Mapping[str, str]] = field(default_factory=dict)
    clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    def client(self, service: str, region: str = "us-east-1", account: str = ACCOUNT) -> Any:
        """Return a boto3 client in an account."""
        if account not in self.keys:
            self.keys[account] = self.proxy.server.credentials(account)
        wanted = (service, region, account)
        if wanted not in self.clients:
            self.clients[wanted] = self.proxy.server.client(service, region, self.keys[account])
        return self.clients[wanted]

    def name(self, name: str, key: str) -> str:
        """Give something a name; returns its id."""
        assert key not in self.names, f"{key} is {self.names.get(key)} already"
        self.names[key] = name
        return key

    def key(self, name: str) -> str:
        """Return the id of something named."""
        return next(key for key, given in self.names.items() if given == name)

    def clear(self, region: str = "us-east-1", account: str = ACCOUNT) -> None:
        """Take away what moto puts into every region: the default VPC with all that stands in it."""
        ec2 = self.client("ec2", region, account)
        for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
            for attached in gateway["Attachments"]:
                ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=attached["VpcId"])
            ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        for subnet in ec2.describe_subnets()["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            ec2.delete_vpc(VpcId=vpc["VpcId"])

    def name_the_rest(self, region: str = "us-east-1", account: str = ACCOUNT) -> None:
        """Name what AWS makes by itself after the VPC it stands in."""
        ec2 = self.client("ec2", region, account)
        self._after_their_vpc(ec2.describe_security_groups()["SecurityGroups"], "GroupId", "default-sg")
        self._after_their_vpc(ec2.describe_network_acls()["NetworkAcls"], "NetworkAclId", "default-acl")
        self._after_their_vpc(ec2.describe_subnets()["Subnets"], "SubnetId", "subnet-{}")

    def _after_their_vpc(self, listed: list[dict[str, Any]], identifier: str, name: str) -> None:
        for number, one in enumerate(listed):
            vpc = self.names.get(one["VpcId"])
            if vpc is not None and one[identifier] not in self.names:
                self.names[one[identifier]] = f"{vpc}.{name.format(number)}"
