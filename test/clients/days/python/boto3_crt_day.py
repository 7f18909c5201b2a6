"""Every checksum that boto3 computes with awscrt, in one piece and in parts."""

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from frame import BUCKET, FOX, PLACE, is_large, spend, step


def client_of(access_key, secret_key):
    # docs: boto3-crt
    s3 = boto3.client(
        "s3",
        endpoint_url=PLACE["endpoint"],
        region_name=PLACE["region"],
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        # end
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )
    return s3


S3 = client_of(PLACE["accessKey"], PLACE["secretKey"])
READER = client_of(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def text_of(key):
    return S3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


@step("makes a bucket")
def _():
    S3.create_bucket(Bucket=BUCKET)


def checksummed(algorithm):
    def put():
        S3.put_object(Bucket=BUCKET, Key=f"sum/{algorithm}", Body=FOX, ChecksumAlgorithm=algorithm)
        return {"text": text_of(f"sum/{algorithm}")}

    step(f"puts with {algorithm}")(put)


for name in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128"]:
    checksummed(name)


@step("uploads in parts with CRC64NVME")
def _():
    parts = TransferConfig(multipart_chunksize=5 * 2**20)
    more = {"ChecksumAlgorithm": "CRC64NVME"}
    S3.upload_file(PLACE["large"], BUCKET, "parts", Config=parts, ExtraArgs=more)
    target = f"{PLACE['scratch']}/parts"
    S3.download_file(BUCKET, "parts", target, Config=parts)
    with open(target, "rb") as file:
        return {"intact": is_large(file.read())}


@step("reads with a reader's key")
def _():
    return {"text": READER.get_object(Bucket=BUCKET, Key="sum/CRC32")["Body"].read().decode()}


@step("uploads in parts with a reader's key")
def _():
    READER.upload_file(PLACE["large"], BUCKET, "refused")


@step("deletes everything")
def _():
    for item in S3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        S3.delete_object(Bucket=BUCKET, Key=item["Key"])
    S3.delete_bucket(Bucket=BUCKET)


spend()
