"""The service's standard messages, as functions of what they name."""

from .process import ACCOUNT

INVALID = "InvalidArgumentException"
NOT_FOUND = "ResourceNotFoundException"
IN_USE = "ResourceInUseException"
LIMIT = "LimitExceededException"
VALIDATION = "ValidationException"

NEITHER = "Either StreamName or StreamARN should be provided."
SHARD_ID = "shardId-{:012}"


def no_stream(name, account=ACCOUNT):
    return f"Stream {name} under account {account} not found."


def no_shard_raw(shard, name, account=ACCOUNT):
    return f"Could not find shard {shard} in stream {name} under account {account}."


def no_shard(index, name, account=ACCOUNT):
    shard = SHARD_ID.format(index)
    return f"Shard {shard} in stream {name} under account {account} does not exist"


def exists(name, account=ACCOUNT):
    return f"Stream {name} under account {account} already exists."


def not_active(name, status, account=ACCOUNT):
    return f"Stream {name} under account {account} not ACTIVE, instead in state {status}"


def conflict(stream_arn, name):
    return f"StreamARN {stream_arn} and StreamName {name} do not refer to the same stream."


def violations(*each):
    """The message of collected constraint violations."""
    plural = "" if len(each) == 1 else "s"
    return f"{len(each)} validation error{plural} detected: " + "; ".join(each)


def violation(value, path, constraint):
    """`value` is printed as given; None prints nothing (blobs, lists of structures)."""
    shown = "" if value is None else f" {value}"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def at_most(n):
    return f"Member must have length less than or equal to {n}"


def at_least(n):
    return f"Member must have length greater than or equal to {n}"


def value_at_most(n):
    return f"Member must have value less than or equal to {n}"


def value_at_least(n):
    return f"Member must have value greater than or equal to {n}"


def matches(pattern):
    return f"Member must satisfy regular expression pattern: {pattern}"


def one_of(values):
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


NOT_NULL = "Member must not be null"
