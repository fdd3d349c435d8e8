"""What flow logs deliver to: log groups, buckets, delivery streams."""

from __future__ import annotations

from checker.model.entity import Entity
from checker.model.identity import PolicyDocument
from checker.model.known import Key, Maybe
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LogGroup(Entity):
    """Source: CloudWatch Logs ``LogGroup``."""

    name: Maybe[str]
    retention_days: Maybe[int | None]
    """Days; None means that events never expire."""
    kms_key: Maybe[Key | None]
    log_group_class: Maybe[str]
    """STANDARD, INFREQUENT_ACCESS or DELIVERY."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LogsResourcePolicy(Entity):
    """A policy on all log groups of an account and region. Source: CloudWatch Logs ``ResourcePolicy``."""

    name: Maybe[str]
    policy: Maybe[PolicyDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccessBlock:
    """Source: S3 ``PublicAccessBlockConfiguration``."""

    block_public_acls: Maybe[bool]
    block_public_policy: Maybe[bool]
    ignore_public_acls: Maybe[bool]
    restrict_public_buckets: Maybe[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule:
    """Source: S3 ``LifecycleRule``, as far as retention needs it."""

    id: Maybe[str | None]
    enabled: Maybe[bool]
    prefix: Maybe[str | None]
    """Key prefix the rule is limited to; None or empty for the whole bucket."""
    expiration_days: Maybe[int | None]
    """None when the rule expires nothing."""
    noncurrent_expiration_days: Maybe[int | None]
    transitions: Maybe[bool]
    """Whether objects move to another storage class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEncryption:
    """Source: S3 ``ServerSideEncryptionByDefault``."""

    algorithm: Maybe[str]
    """AES256, aws:kms or aws:kms:dsse."""
    kms_key: Maybe[Key | None]
    """None with aws:kms means the AWS managed key."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Bucket(Entity):
    """An S3 bucket with the settings that Terraform keeps in separate resources.

    ``None`` means "no such setting is configured"; for a bucket that another configuration manages, the settings are
    Unknown. New buckets have SSE-S3 and a full public access block by default since 2023 (S3 User Guide).
    """

    name: Maybe[str]
    policy: Maybe[PolicyDocument | None]
    encryption: Maybe[BucketEncryption | None]
    public_access_block: Maybe[PublicAccessBlock | None]
    versioning: Maybe[str | None]
    """Enabled, Suspended or None."""
    lifecycle_rules: Maybe[tuple[LifecycleRule, ...]]
    object_lock_enabled: Maybe[bool]
    object_lock_mode: Maybe[str | None]
    """GOVERNANCE or COMPLIANCE of the default retention; None for none."""
    object_lock_days: Maybe[int | None]
    force_destroy: Maybe[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class AccountPublicAccessBlock(Entity):
    """The account-wide setting, which overrides the bucket's."""

    block: PublicAccessBlock


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class DeliveryStream(Entity):
    """Source: Firehose ``DeliveryStreamDescription``."""

    name: Maybe[str]
    status: Maybe[str | None]
    """ACTIVE and others; None where the source has none (Terraform)."""
    source_type: Maybe[str]
    """DirectPut, KinesisStreamAsSource, MSKAsSource; flow logs need DirectPut."""
    server_side_encryption: Maybe[bool]
    kms_key: Maybe[Key | None]
    destination_bucket: Maybe[Key | None]
