"""The day of day.ts as boto3 does it, for Debian's boto3 and for the current one.

Reads the site as JSON from standard input and prints one JSON line a step: {"step", "outcome"}.
"""

import hashlib
import io
import json
import sys
import urllib.error
import urllib.request

import boto3
import botocore.client
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError
from urllib3.filepost import encode_multipart_formdata

SITE = json.load(sys.stdin)
BUCKET = SITE["bucket"]
FOX = SITE["fox"].encode()
STEPS = {}
RESOLVE_CHECKSUM = botocore.client.resolve_checksum_context


def step(name):
    """Registers a function as the step of that name."""

    def register(function):
        STEPS[name] = function
        return function

    return register


def client_of(**more):
    given = {"access": SITE["accessKey"], "secret": SITE["secretKey"], **more}
    return boto3.client(
        "s3",
        endpoint_url=SITE["endpoint"],
        region_name=SITE["region"],
        aws_access_key_id=given["access"],
        aws_secret_access_key=given["secret"],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 0},
        ),
    )


S3 = client_of()


class Unseekable(io.RawIOBase):
    """A stream that can be read once, such as a pipe."""

    def __init__(self, content):
        super().__init__()
        self.inner = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, target):
        return self.inner.readinto(target)


def probe(method, url, headers=None, body=None):
    """Sends one request with nothing added, like a browser or curl."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def seen(reply):
    status, _, body = reply
    if status < 300:
        return {"ok": True, "status": status, "text": body.decode()}
    text = body.decode(errors="replace")
    code = text.partition("<Code>")[2].partition("</Code>")[0]
    return {"ok": False, "status": status, "code": code}


def stored(reply, key):
    """Returns the facts of an upload's reply, and the content of the store if it succeeded."""
    return {**seen(reply), "text": text_of(key)} if reply[0] < 300 else seen(reply)


def anonymous_status(key):
    return probe("GET", f"{SITE['endpoint']}/{BUCKET}/{key}")[0]


def text_of(key, client=S3, **more):
    return client.get_object(**{"Bucket": BUCKET, "Key": key, **more})["Body"].read().decode()


def put(key, body=FOX):
    return S3.put_object(Bucket=BUCKET, Key=key, Body=body)


def keys_below(prefix):
    listed = S3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for item in listed.get("Contents", [])]


def described(reply):
    return {"type": reply["ContentType"], "colour": reply["Metadata"].get("colour", "")}


def tags_of(reply):
    return {"tags": [f"{tag['Key']}={tag['Value']}" for tag in reply["TagSet"]]}


@step("creates a bucket")
def _():
    S3.create_bucket(Bucket=BUCKET)


@step("puts an object")
def _():
    reply = S3.put_object(
        Bucket=BUCKET, Key="fox", Body=FOX, ContentType="text/plain", Metadata={"colour": "blue"}
    )
    return {"etag": reply["ETag"].strip('"')}


@step("gets an object")
def _():
    reply = S3.get_object(Bucket=BUCKET, Key="fox")
    return {"sha256": hashlib.sha256(reply["Body"].read()).hexdigest(), **described(reply)}


@step("heads an object")
def _():
    reply = S3.head_object(Bucket=BUCKET, Key="fox")
    return {"size": reply["ContentLength"], **described(reply)}


@step("gets a range")
def _():
    return {"text": text_of("fox", Range="bytes=4-8")}


@step("gets the last bytes")
def _():
    return {"text": text_of("fox", Range="bytes=-3")}


@step("gets an unsatisfiable range")
def _():
    return {"text": text_of("fox", Range="bytes=100-200")}


@step("gets a missing key")
def _():
    return {"text": text_of("missing")}


@step("gets from a missing bucket")
def _():
    return {"text": text_of("fox", Bucket="no-such-bucket")}


@step("gets unless unchanged")
def _():
    return {"text": text_of("fox", IfNoneMatch=S3.head_object(Bucket=BUCKET, Key="fox")["ETag"])}


@step("puts an empty object")
def _():
    put("empty", b"")
    return {"size": S3.head_object(Bucket=BUCKET, Key="empty")["ContentLength"]}


@step("keeps odd keys")
def _():
    for key in SITE["oddKeys"]:
        put(key, key.encode())
    listed = keys_below("")
    return {"wrong": [k for k in SITE["oddKeys"] if k not in listed or text_of(k) != k]}


@step("lists in pages")
def _():
    for number in range(5):
        put(f"page/{number}")
    pages = list(
        S3.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix="page/", PaginationConfig={"PageSize": 2}
        )
    )
    return {"keys": [item["Key"] for page in pages for item in page["Contents"]], "pages": len(pages)}


@step("lists with a delimiter")
def _():
    put("tree/leaf")
    put("tree/branch/leaf")
    reply = S3.list_objects_v2(Bucket=BUCKET, Prefix="tree/", Delimiter="/")
    return {
        "keys": [item["Key"] for item in reply["Contents"]],
        "prefixes": [item["Prefix"] for item in reply["CommonPrefixes"]],
    }


@step("copies an object")
def _():
    S3.copy_object(Bucket=BUCKET, Key="copy of fox", CopySource={"Bucket": BUCKET, "Key": "fox"})
    return {"text": text_of("copy of fox")}


@step("copies with new metadata")
def _():
    S3.copy_object(
        Bucket=BUCKET,
        Key="green",
        CopySource={"Bucket": BUCKET, "Key": "copy of fox"},
        MetadataDirective="REPLACE",
        Metadata={"colour": "green"},
    )
    return {"colour": S3.head_object(Bucket=BUCKET, Key="green")["Metadata"]["colour"]}


@step("uploads 64 MB in parts")
def _():
    parts = TransferConfig(multipart_chunksize=16 * 1024 * 1024, max_concurrency=2)
    S3.upload_file(SITE["large"], BUCKET, "large", Config=parts)
    target = f"{SITE['scratch']}/large"
    S3.download_file(BUCKET, "large", target, Config=parts)
    with open(target, "rb") as file:
        content = file.read()
    return {
        "size": len(content),
        "intact": hashlib.sha256(content).hexdigest() == SITE["largeSha256"],
        "etag": S3.head_object(Bucket=BUCKET, Key="large")["ETag"].strip('"'),
    }


@step("copies a part")
def _():
    at = {"Bucket": BUCKET, "Key": "part"}
    upload = S3.create_multipart_upload(**at)["UploadId"]
    copied = S3.upload_part_copy(
        **at,
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": BUCKET, "Key": "fox"},
        CopySourceRange="bytes=4-8",
    )
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    S3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": parts})
    return {"text": text_of("part")}


def uploads():
    return len(S3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


@step("aborts a multipart upload")
def _():
    at = {"Bucket": BUCKET, "Key": "aborted"}
    at["UploadId"] = S3.create_multipart_upload(**at)["UploadId"]
    S3.upload_part(**at, PartNumber=1, Body=FOX)
    parts = len(S3.list_parts(**at)["Parts"])
    before = uploads()
    S3.abort_multipart_upload(**at)
    return {"parts": parts, "before": before, "after": uploads()}


@step("uploads a stream")
def _():
    S3.upload_fileobj(Unseekable(FOX), BUCKET, "stream")
    head = S3.head_object(Bucket=BUCKET, Key="stream")
    return {"text": text_of("stream"), "encoding": head.get("ContentEncoding", "")}


def resolve_as_over_tls(request, *rest, **more):
    plain = request["url"]
    request["url"] = plain.replace("http://", "https://")
    RESOLVE_CHECKSUM(request, *rest, **more)
    request["url"] = plain


@step("uploads with trailing checksums")
def _():
    # botocore sends a checksum in a trailer over TLS only, where the payload needs no signature.
    # This code reverses that one condition; everything after it is botocore's own.
    botocore.client.resolve_checksum_context = resolve_as_over_tls
    try:
        put("trailer", io.BytesIO(FOX))
    finally:
        botocore.client.resolve_checksum_context = RESOLVE_CHECKSUM
    head = S3.head_object(Bucket=BUCKET, Key="trailer")
    wrong = [] if text_of("trailer") == FOX.decode() else ["trailer"]
    return {"wrong": wrong, "encoding": head.get("ContentEncoding", "")}


def presigned(operation, key, **more):
    return S3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": key, **more})


@step("presigns a GET")
def _():
    return seen(probe("GET", presigned("get_object", "fox")))


@step("presigns a GET with a response header")
def _():
    reply = probe("GET", presigned("get_object", "fox", ResponseContentDisposition="attachment"))
    return {**seen(reply), "disposition": reply[1]["content-disposition"]}


@step("presigns a PUT")
def _():
    # Without a Content-Type of its own, urllib would add one, which was not signed.
    url = presigned("put_object", "presigned", ContentType="text/plain")
    reply = probe("PUT", url, {"content-type": "text/plain"}, FOX)
    return stored(reply, "presigned")


@step("tampers with a presigned URL")
def _():
    url = presigned("get_object", "fox")
    return seen(probe("GET", url[:-1] + ("1" if url[-1] == "0" else "0")))


def post_form(fields, url):
    body, content_type = encode_multipart_formdata([*fields.items(), ("file", ("fox.txt", FOX))])
    return probe("POST", url, {"content-type": content_type}, body)


@step("posts a browser form")
def _():
    post = S3.generate_presigned_post(
        BUCKET,
        "posted/${filename}",
        Fields={"Content-Type": "text/plain"},
        Conditions=[{"Content-Type": "text/plain"}, ["content-length-range", 1, 100]],
    )
    return stored(post_form(post["fields"], post["url"]), "posted/fox.txt")


@step("posts a form against its policy")
def _():
    post = S3.generate_presigned_post(BUCKET, "posted/a")
    return seen(post_form({**post["fields"], "key": "posted/b"}, post["url"]))


@step("keeps versions")
def _():
    at = {"Bucket": f"{BUCKET}-versions", "Key": "versioned"}
    bucket = {"Bucket": at["Bucket"]}
    S3.create_bucket(**bucket)
    S3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    first = S3.put_object(**at, Body=b"one")["VersionId"]
    S3.put_object(**at, Body=b"two")
    S3.delete_object(**at)
    listed = S3.list_object_versions(**bucket)
    old = text_of(at["Key"], **bucket, VersionId=first)
    for version in listed["Versions"] + listed["DeleteMarkers"]:
        S3.delete_object(**at, VersionId=version["VersionId"])
    left = len(S3.list_object_versions(**bucket).get("Versions", []))
    S3.delete_bucket(**bucket)
    return {
        "versions": len(listed["Versions"]),
        "markers": len(listed["DeleteMarkers"]),
        "old": old,
        "left": left,
    }


@step("deletes several objects")
def _():
    objects = [{"Key": f"page/{number}"} for number in range(3)]
    reply = S3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    return {"deleted": sorted(item["Key"] for item in reply["Deleted"])}


TAGGING = {"TagSet": [{"Key": "colour", "Value": "blue"}]}


@step("tags an object")
def _():
    S3.put_object_tagging(Bucket=BUCKET, Key="fox", Tagging=TAGGING)
    return tags_of(S3.get_object_tagging(Bucket=BUCKET, Key="fox"))


@step("tags a bucket")
def _():
    S3.put_bucket_tagging(Bucket=BUCKET, Tagging=TAGGING)
    return tags_of(S3.get_bucket_tagging(Bucket=BUCKET))


@step("opens an object by ACL")
def _():
    closed = anonymous_status("fox")
    S3.put_object_acl(Bucket=BUCKET, Key="fox", ACL="public-read")
    grants = S3.get_object_acl(Bucket=BUCKET, Key="fox")["Grants"]
    names = sorted(f"{one['Grantee']['Type']} {one['Permission']}" for one in grants)
    return {"closed": closed, "open": anonymous_status("fox"), "grants": names}


@step("answers a CORS preflight")
def _():
    S3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [SITE["corsRule"]]})
    rules = len(S3.get_bucket_cors(Bucket=BUCKET)["CORSRules"])
    asked = {"origin": "https://example.org", "access-control-request-method": "GET"}
    status, headers, _ = probe("OPTIONS", f"{SITE['endpoint']}/{BUCKET}/fox", asked)
    S3.delete_bucket_cors(Bucket=BUCKET)
    return {"status": status, "origin": headers["access-control-allow-origin"], "rules": rules}


@step("sets a lifecycle")
def _():
    S3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [SITE["lifecycleRule"]]}
    )
    rules = S3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    S3.delete_bucket_lifecycle(Bucket=BUCKET)
    return {"days": rules[0]["Expiration"]["Days"]}


@step("opens a prefix by bucket policy")
def _():
    put("open/fox")
    closed = anonymous_status("open/fox")
    S3.put_bucket_policy(Bucket=BUCKET, Policy=SITE["openPolicy"])
    kept = S3.get_bucket_policy(Bucket=BUCKET)["Policy"] == SITE["openPolicy"]
    opened = anonymous_status("open/fox")
    S3.delete_bucket_policy(Bucket=BUCKET)
    return {"closed": closed, "open": opened, "kept": kept}


@step("uses a wrong secret")
def _():
    return {"text": text_of("fox", client_of(secret="wrong"))}


@step("uses an unknown key")
def _():
    return {"text": text_of("fox", client_of(access="AKNOBODY000000000000"))}


@step("deletes a bucket that is not empty")
def _():
    S3.delete_bucket(Bucket=BUCKET)


@step("deletes everything")
def _():
    for key in keys_below(""):
        S3.delete_object(Bucket=BUCKET, Key=key)
    left = len(keys_below(""))
    S3.delete_bucket(Bucket=BUCKET)
    return {"left": left}


def outcome_of(function):
    try:
        return {"ok": True, **(function() or {})}
    except ClientError as refusal:
        return {"ok": False, "code": refusal.response["Error"]["Code"]}
    except Exception as other:  # Any error that a client makes of a reply is an outcome of the step.
        return {"ok": False, "code": f"{type(other).__name__}: {other}"}


for step_name, step_function in STEPS.items():
    line = {"step": step_name, "outcome": outcome_of(step_function)}
    print(json.dumps(line), flush=True)
