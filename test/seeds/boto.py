"""boto3 as one process: a line of JSON asks for one call, a line of JSON answers it."""
import datetime
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

clients = {}


def client(endpoint, key, signature):
    name = (endpoint, key["accessKey"], signature)
    if name not in clients:
        # Without a signature version: boto3's default.
        version = {} if signature is None else {"signature_version": signature}
        clients[name] = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=key["accessKey"],
            aws_secret_access_key=key["secretKey"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, **version),
        )
    return clients[name]


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return str(value)


def put_many(s3, Bucket, Prefix, Count):
    """Puts empty objects, eight at a time."""
    with ThreadPoolExecutor(8) as pool:
        keys = [f"{Prefix}{i}" for i in range(Count)]
        list(pool.map(lambda key: s3.put_object(Bucket=Bucket, Key=key, Body=b""), keys))


def answer(asked):
    s3 = client(asked["endpoint"], asked["key"], asked.get("signature"))
    try:
        if asked["method"] == "put_many":
            return {"value": put_many(s3, **asked["params"])}
        return {"value": getattr(s3, asked["method"])(**asked["params"])}
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"failure": f'{status} {error.response["Error"]["Code"]}'}
    except (BotoCoreError, ValueError, TypeError, AssertionError) as error:
        return {"failure": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=plain), flush=True)
