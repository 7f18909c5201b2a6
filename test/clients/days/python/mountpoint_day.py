"""Training data by the client of s3torchconnector, which is Mountpoint's (AWS CRT for C, from Rust)."""

import os

from frame import BUCKET, FOX, PLACE, is_large, large, spend, step
from s3torchconnectorclient._mountpoint_s3_client import MountpointS3Client


KEYS = f"{PLACE['scratch']}/credentials"
CREDENTIALS = f"""
[lab]
aws_access_key_id = {PLACE["accessKey"]}
aws_secret_access_key = {PLACE["secretKey"]}
"""
READERS = f"""
[reader]
aws_access_key_id = {PLACE["readerAccessKey"]}
aws_secret_access_key = {PLACE["readerSecretKey"]}
"""
with open(KEYS, "w") as keys:
    keys.write(CREDENTIALS + READERS)
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = KEYS


def client_of(profile):
    # docs: mountpoint
    s3 = MountpointS3Client(
        region=PLACE["region"],
        endpoint=PLACE["endpoint"],
        force_path_style=True,
        profile=profile,
        # end
        part_size=5 * 2**20,
        max_attempts=1,
    )
    return s3


S3 = client_of("lab")
READER = client_of("reader")


def put(key, content, client=S3):
    stream = client.put_object(BUCKET, key)
    stream.write(content)
    stream.close()


def read(key, client=S3, **more):
    return b"".join(client.get_object(BUCKET, key, **more))


def listed(prefix):
    return [info.key for page in S3.list_objects(BUCKET, prefix=prefix) for info in page.object_info]


@step("writes an object")
def _():
    put("fox", FOX)


@step("reads it")
def _():
    return {"text": read("fox").decode()}


@step("reads a range")
def _():
    return {"text": read("fox", start=4, end=9).decode()}


@step("heads it")
def _():
    return {"size": S3.head_object(BUCKET, "fox").size}


@step("writes a checkpoint of 20 MiB in parts")
def _():
    put("large", large())
    return {"intact": is_large(read("large"))}


@step("lists a data set")
def _():
    for number in range(5):
        put(f"set/{number}", str(number).encode())
    return {"keys": listed("set/")}


@step("copies")
def _():
    S3.copy_object(BUCKET, "fox", BUCKET, "copy")
    return {"text": read("copy").decode()}


@step("deletes")
def _():
    S3.delete_object(BUCKET, "copy")
    return {"left": listed("copy")}


@step("reads a missing object")
def _():
    read("missing")


@step("reads with a reader's key")
def _():
    return {"text": read("fox", READER).decode()}


@step("writes with a reader's key")
def _():
    put("refused", FOX, READER)


@step("deletes with a reader's key")
def _():
    READER.delete_object(BUCKET, "fox")


spend()
