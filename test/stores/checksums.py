"""Uploads with every checksum by boto3, each in one piece and in parts.

Reads a site as JSON from standard input and writes one line of JSON for each upload: its name, and what
the store then tells of the object, or the code of the error.
"""

import base64
import hashlib
import io
import json
import sys
import zlib

import boto3
import botocore
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

urllib3.disable_warnings()
site = json.load(sys.stdin)
client = boto3.client(
    "s3",
    endpoint_url=site["endpoint"],
    region_name="us-east-1",
    aws_access_key_id=site["accessKey"],
    aws_secret_access_key=site["secretKey"],
    verify=False,
    config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)
BUCKET = site["bucket"]
SMALL = b"The quick brown fox jumps over the lazy dog"
MEDIUM = SMALL * 3000
LARGE = SMALL * 300_000
TRANSFER = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)


def told(key, content):
    """Returns the store's report of the object."""
    head = client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    got = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    sums = {name: value for name, value in head.items() if name.startswith("Checksum")}
    intact = hashlib.sha256(got).digest() == hashlib.sha256(content).digest()
    return {**sums, "length": head["ContentLength"], "intact": intact}


def report(name, upload):
    try:
        outcome = upload()
    except botocore.exceptions.ClientError as error:
        outcome = {"code": error.response["Error"]["Code"]}
    print(json.dumps({"name": name, "outcome": outcome}), flush=True)


def put(key, content, **more):
    client.put_object(Bucket=BUCKET, Key=key, Body=io.BytesIO(content), **more)
    return told(key, content)


def transfer(key, content, **more):
    client.upload_fileobj(io.BytesIO(content), BUCKET, key, ExtraArgs=more, Config=TRANSFER)
    return told(key, content)


def whole(key, content, value):
    """Uploads two parts, and the checksum of the whole at the end."""
    about = {"Bucket": BUCKET, "Key": key}
    kind = {"ChecksumType": "FULL_OBJECT"}
    begun = client.create_multipart_upload(**about, **kind, ChecksumAlgorithm="CRC32")
    about["UploadId"] = begun["UploadId"]
    cut = 6 << 20
    parts = []
    for number, body in enumerate((content[:cut], content[cut:]), 1):
        part = client.upload_part(
            **about, PartNumber=number, Body=io.BytesIO(body), ChecksumAlgorithm="CRC32"
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
        if "ChecksumCRC32" in part:
            parts[-1]["ChecksumCRC32"] = part["ChecksumCRC32"]
    client.complete_multipart_upload(
        **about, **kind, ChecksumCRC32=value, MultipartUpload={"Parts": parts}
    )
    return told(key, content)


client.create_bucket(Bucket=BUCKET)
report("small, default", lambda: put("small", SMALL))
report("medium, default", lambda: put("medium", MEDIUM))
report("parts, default", lambda: transfer("parts", LARGE))
for algorithm in site["algorithms"]:
    more = {"ChecksumAlgorithm": algorithm}
    report(f"small, {algorithm}", lambda: put(f"small-{algorithm}", SMALL, **more))
    report(f"medium, {algorithm}", lambda: put(f"medium-{algorithm}", MEDIUM, **more))
    report(f"parts, {algorithm}", lambda: transfer(f"parts-{algorithm}", LARGE, **more))
right = base64.b64encode(zlib.crc32(LARGE).to_bytes(4, "big")).decode()
report("whole object, right", lambda: whole("whole", LARGE, right))
report("whole object, wrong", lambda: whole("wrong", LARGE, "AAAAAA=="))
