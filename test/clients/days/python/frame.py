"""The parts that the Python clients' days share.

A day reads its place as JSON from standard input and writes one JSON line a step: {"step", "outcome"}.
"""

import hashlib
import json
import re
import sys
import time

PLACE = json.load(sys.stdin)
BUCKET = PLACE["bucket"]
FOX = PLACE["fox"].encode()
CODES = re.compile(
    r"NoSuchKey|The key does not exist|NoSuchBucket|AccessDenied|InvalidRange|PreconditionFailed|SignatureDoesNotMatch"
    r"|InvalidAccessKeyId|BucketNotEmpty|InvalidArgument|NotImplemented|InvalidRequest|BadDigest"
    r"|ACCESS_DENIED|SIGNATURE_DOES_NOT_MATCH|INVALID_ACCESS_KEY_ID|MissingContentLength|XAmzContentSHA256Mismatch|NotFound|Forbidden"
    # The pattern finds a status, and no part of a port, a size or a time.
    r"|(?<![\d.:])(?:404|403|400|411|501)(?![\d.]|ms)"
)
STEPS = []


def step(name):
    """Registers a function as the step of that name; they are done in their order."""

    def register(function):
        STEPS.append((name, function))
        return function

    return register


def large():
    with open(PLACE["large"], "rb") as file:
        return file.read()


def is_large(content):
    """Returns True if the received bytes are those of the large file."""
    return hashlib.sha256(content).hexdigest() == PLACE["largeSha256"]


def code_of(error):
    """Returns the S3 code or status in a client's words; the kind of error if it has neither."""
    found = CODES.search(str(error))
    return f"{type(error).__name__}: {found.group()}" if found else type(error).__name__


def outcome_of(function):
    try:
        return {"ok": True, **(function() or {})}
    except Exception as error:  # Any error that a client makes of an answer is an outcome of the step.
        print(f"{function}: {type(error).__name__}: {error}", file=sys.stderr)
        return {"ok": False, "code": code_of(error)}


def spend():
    """Takes every step, whatever the outcome of each."""
    for name, function in STEPS:
        print(f"{time.monotonic():.1f} {name}", file=sys.stderr)
        print(json.dumps({"step": name, "outcome": outcome_of(function)}), flush=True)
