"""Instance types whose network interfaces sit on the Nitro System, which aggregates in 60 s or less whatever is asked.

Source: Amazon EC2 Instance Types guide, "Instances built on the AWS Nitro System". New families are missing until
they are added here; a missing one makes a verdict on the effective interval unknown, never wrong.
"""

from __future__ import annotations

from typing import Final

_FAMILIES: Final = """
a1 c5 c5a c5ad c5d c5n c6a c6g c6gd c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i c7i-flex c8g c8gd c8gn c8i c8i-flex d3
d3en dl1 dl2q f2 g4ad g4dn g5 g5g g6 g6e gr6 hpc6a hpc6id hpc7a hpc7g i3en i4g i4i i7i i7ie i8g im4gn inf1 inf2
is4gen m5 m5a m5ad m5d m5dn m5n m5zn m6a m6g m6gd m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex m8g m8gd m8i
m8i-flex p4d p4de p5 p5e p5en r5 r5a r5ad r5b r5d r5dn r5n r6a r6g r6gd r6i r6id r6idn r6in r7a r7g r7gd r7i r7iz
r8g r8gd r8i r8i-flex t3 t3a t4g trn1 trn1n trn2 u-3tb1 u-6tb1 u-9tb1 u-12tb1 u-18tb1 u-24tb1 u7i-6tb u7i-8tb
u7i-12tb u7in-16tb u7in-24tb u7in-32tb vt1 x2gd x2idn x2iedn x2iezn x8g z1d
"""

NITRO_FAMILIES: Final = frozenset(_FAMILIES.split())
"""Families of which every size is a Nitro instance."""

NITRO_TYPES: Final = ("i3.metal", "mac1.metal", "mac2.metal", "p3dn.24xlarge")
"""Single types of families that are not Nitro as a whole."""


def is_nitro(instance_type: str) -> bool:
    """Say whether an instance type is known to be a Nitro one; False means "not known to be"."""
    return instance_type in NITRO_TYPES or instance_type.partition(".")[0] in NITRO_FAMILIES
