"""Uses an Iceberg table by pyiceberg over s3fs, with keys that it gets by itself, as token-day.py."""

import json
import os
import sys

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

bucket, folder = sys.argv[1:]
catalog = SqlCatalog(
    "days",
    uri=f"sqlite:///{folder}/catalog.db",
    warehouse=f"s3://{bucket}/warehouse",
    **{
        "py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO",
        "s3.endpoint": os.environ["AWS_ENDPOINT_URL_S3"],
    },
)
catalog.create_namespace("lab")
numbers = pa.table({"n": pa.array(range(1000), pa.int64())})
table = catalog.create_table("lab.numbers", numbers.schema)
table.append(numbers)
rows = catalog.load_table("lab.numbers").scan().to_arrow().num_rows
catalog.purge_table("lab.numbers")
print(json.dumps({"rows": rows, "left": catalog.table_exists("lab.numbers")}))
