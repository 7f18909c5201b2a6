"""Puts objects and gets them back, trying each request once, until its input ends.

Input: one line of JSON with endpoint, accessKey and secretKey. Output: one line of JSON.
"""
import json
import os
import select
import sys

import boto3
from botocore.config import Config

site = json.loads(sys.stdin.readline())
once = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}}
client = boto3.client(
    "s3",
    endpoint_url=site["endpoint"],
    region_name="us-east-1",
    aws_access_key_id=site["accessKey"],
    aws_secret_access_key=site["secretKey"],
    config=Config(**once),
)
done, failures = 0, []
while not select.select([sys.stdin], [], [], 0)[0]:
    body = os.urandom(1 + done % 50_000)
    try:
        client.put_object(Bucket="bucket", Key="boto3", Body=body)
        got = client.get_object(Bucket="bucket", Key="boto3")["Body"].read()
        if got != body:
            failures.append("what came back is not what went")
        done += 2
    except Exception as error:
        failures.append(str(error))
print(json.dumps({"done": done, "failures": failures}))
