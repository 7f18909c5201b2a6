"""Plays a day of boto3 with keys that it gets by itself: AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE."""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config

bucket = sys.argv[1]
s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="fox", Body=b"The quick brown fox")
text = s3.get_object(Bucket=bucket, Key="fox")["Body"].read().decode()
keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "fox"})
linked = urllib.request.urlopen(link).read().decode()
s3.delete_object(Bucket=bucket, Key="fox")
s3.delete_bucket(Bucket=bucket)
who = boto3.client("sts").get_caller_identity()["Arn"]
print(json.dumps({"text": text, "keys": keys, "linked": linked, "who": who}))
