"""A large account fits into little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checker.load.aws.calls import CALLS
from checker.load.aws.directory import DirectoryStore
from tests.load.aws.made import ACCOUNT, REGION, reply

INTERFACES = 50_000
MOST_MEGABYTES = 1000
LOAD = """
import resource, sys
from pathlib import Path
from checker.load.aws.call import Group
from checker.load.snapshot import load_snapshots
from checker.rules.engine import judge
loaded = load_snapshots([Path(sys.argv[1])], groups=frozenset({Group.BASE, Group.NETWORK, Group.FIREWALL}))
assert judge(loaded).crashed == ()
print(len(loaded.after.network_interfaces), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def interface(number: int) -> dict[str, Any]:
    """A row of DescribeNetworkInterfaces, of the length that AWS gives."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        "AvailabilityZone": f"{REGION}a", "Description": "", "InterfaceType": "interface", "SourceDestCheck": True,
        "Attachment": {"AttachmentId": f"eni-attach-{number:017x}", "DeviceIndex": 0, "Status": "attached",
                       "InstanceId": f"i-{number:017x}", "InstanceOwnerId": ACCOUNT, "DeleteOnTermination": True},
        "Groups": [{"GroupId": f"sg-{number % 1000:017x}", "GroupName": f"group-{number % 1000}"}],
        "MacAddress": f"02:00:00:00:{number >> 8 & 255:02x}:{number & 255:02x}", "OwnerId": ACCOUNT,
        "NetworkInterfaceId": f"eni-{number:017x}", "PrivateIpAddress": address, "Status": "in-use",
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}], "RequesterManaged": False,
        "SubnetId": f"subnet-{number % 300:017x}", "VpcId": f"vpc-{number % 100:017x}",
        "TagSet": [{"Key": "Name", "Value": f"machine-{number}"}, {"Key": "env", "Value": "prod"}],
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's largest size in kilobytes")
def test_an_account_with_fifty_thousand_interfaces_stays_below_a_gigabyte(tmp_path: Path) -> None:
    store = DirectoryStore.create(tmp_path / "s")
    store.add_scope(ACCOUNT, REGION)
    rows: dict[str, list[dict[str, Any]]] = {
        "Vpcs": [{"VpcId": f"vpc-{n:017x}", "OwnerId": ACCOUNT, "CidrBlock": f"10.{n}.0.0/16"} for n in range(100)],
        "Subnets": [{"SubnetId": f"subnet-{n:017x}", "VpcId": f"vpc-{n % 100:017x}", "OwnerId": ACCOUNT,
                     "CidrBlock": f"10.{n % 100}.{n // 100}.0/24"} for n in range(300)],
        "NetworkInterfaces": [interface(number) for number in range(INTERFACES)],
        "Reservations": [{"Instances": [{"InstanceId": f"i-{n:017x}", "InstanceType": "m5.large",
                                         "NetworkInterfaces": [interface(n)]}]} for n in range(INTERFACES)],
    }  # fmt: skip
    for call in CALLS:
        if call.service == "ec2" and call.result is not None and not call.per and call.operation != "DescribeRegions":
            store.put(reply(call.name, **{call.result: rows.get(call.result, [])}))
    store.close({})
    del rows
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "s")], capture_output=True, text=True, check=True, timeout=300
    )
    found, kilobytes = map(int, ran.stdout.split())
    assert found == INTERFACES
    assert kilobytes / 1000 < MOST_MEGABYTES
