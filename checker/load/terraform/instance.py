"""The form between Terraform and the model: resource instances whose values may be symbolic.

The plan, state and HCL loaders make ``TerraformRoot``s; ``convert`` turns those into one ``NetworkModel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, Union

from checker.model.finding import Gap
from checker.model.known import Maybe, Unknown
from checker.model.loaded import InlineWaiver, Input, ResourceChange
from checker.model.model import Unread
from checker.model.origin import Origin
from checker.model.record import dataclass, field

if TYPE_CHECKING:
    from checker.load.terraform.instances import Instances

InstanceKey: TypeAlias = Union[int, str, None]


@dataclass(frozen=True, slots=True)
class Ref:
    """An attribute of an instance whose value is not known before apply: ``module.net.aws_vpc.this[0]`` . ``id``."""

    address: str
    """Absolute instance address, with ``data.`` for data sources, as Terraform prints it."""
    path: tuple[str | int, ...]

    def symbol(self) -> str:
        """Return a text equal for equal references and for nothing else."""
        return f"⟦{self.address}.{'.'.join(str(step) for step in self.path)}⟧"


@dataclass(frozen=True, slots=True)
class Text:
    """A string of which parts are not known before apply: ``"${aws_s3_bucket.b.arn}/logs"``."""

    parts: tuple[str | Ref | Unknown, ...]


Value: TypeAlias = Union[bool, int, float, str, Unknown, Ref, Text, "list[Value]", "dict[str, Value]", None]
"""An argument's value. ``None`` is Terraform's null. Sets are lists. A value may be Unknown at any depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One resource or data source instance as it is (before) or will be (after)."""

    address: str
    """Absolute: ``module.net["a"].aws_vpc.this[0]``, ``data.aws_vpc.x``."""
    module: str
    """``module.net["a"]``; empty for the root module."""
    managed: bool
    type: str
    name: str
    index: InstanceKey
    values: Mapping[str, Value]
    """Arguments and attributes by name. A block is a list of dicts even where it occurs once. A name that is absent is
    computed and not known; a name with None is unset. Sensitive values are Unknown("sensitive") already."""
    configured: frozenset[str] | None
    """Names of arguments and blocks that the configuration sets; None where the configuration is not at hand."""
    provider_region: Maybe[str]
    """Region of the provider configuration that manages it."""
    provider_account: Maybe[str]
    """Account of that provider configuration: from allowed_account_ids, an assumed role's ARN, aws_caller_identity."""
    origin: Origin
    exists: Maybe[bool] = True
    assumed: Mapping[str, str] = field(default_factory=dict)
    """What was assumed to settle an argument, by argument: ``vpc_id``: "the only aws_vpc of the module instance"."""

    @property
    def kind(self) -> str:
        """``aws_vpc``, or ``data.aws_vpc`` for a data source."""
        return self.type if self.managed else f"data.{self.type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformRoot:
    """One plan, state or root module folder, read."""

    label: str
    """Tells roots apart in one run: the folder or file name as given; empty when there is only one."""
    after: Instances | tuple[Instance, ...]
    before: tuple[Instance, ...] | None
    changes: tuple[ResourceChange, ...]
    """Keys are instance addresses here; convert adds the root's label where several roots are read."""
    gaps: tuple[Gap, ...]
    unread: tuple[Unread, ...]
    """Of the network after, and of the one before unless ``unread_before`` is given."""
    inline_waivers: tuple[InlineWaiver, ...]
    input: Input
    default_tags: Mapping[str, Value] = field(default_factory=dict)
    unread_before: tuple[Unread, ...] | None = None
