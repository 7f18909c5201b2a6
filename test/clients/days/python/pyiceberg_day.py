"""Iceberg tables by pyiceberg, over pyarrow (AWS SDK for C++) or fsspec (s3fs)."""

import sys

import pyarrow as pa
from frame import BUCKET, PLACE, spend, step
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import GreaterThanOrEqual, LessThan

FILE_IO = sys.argv[1]


def catalog_of(access_key, secret_key):
    # docs: pyiceberg
    s3 = {
        "s3.endpoint": PLACE["endpoint"],
        "s3.region": PLACE["region"],
        "s3.access-key-id": access_key,
        "s3.secret-access-key": secret_key,
    }
    # end
    return SqlCatalog(
        "days",
        uri=f"sqlite:///{PLACE['scratch']}/catalog.db",
        warehouse=f"s3://{BUCKET}/warehouse",
        **{"py-io-impl": FILE_IO},
        **s3,
    )


CATALOG = catalog_of(PLACE["accessKey"], PLACE["secretKey"])
READER = catalog_of(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def numbers(start, end):
    return pa.table({"n": pa.array(range(start, end), pa.int64())})


def table(catalog=CATALOG):
    return catalog.load_table("lab.numbers")


@step("creates a table")
def _():
    CATALOG.create_namespace("lab")
    CATALOG.create_table("lab.numbers", numbers(0, 1).schema)


@step("appends")
def _():
    table().append(numbers(0, 1000))
    table().append(numbers(1000, 2000))
    return {"snapshots": len(table().snapshots())}


@step("scans")
def _():
    rows = table().scan(row_filter=GreaterThanOrEqual("n", 1500)).to_arrow()
    return {"rows": rows.num_rows}


@step("deletes rows")
def _():
    table().delete(LessThan("n", 500))
    return {"rows": table().scan().to_arrow().num_rows}


@step("overwrites")
def _():
    table().overwrite(numbers(0, 10))
    return {"rows": table().scan().to_arrow().num_rows}


@step("travels in time")
def _():
    first = table().snapshots()[0].snapshot_id
    return {"rows": table().scan(snapshot_id=first).to_arrow().num_rows}


@step("adds a column")
def _():
    from pyiceberg.types import StringType

    with table().update_schema() as update:
        update.add_column("name", StringType())
    return {"columns": [field.name for field in table().schema().fields]}


@step("reads with a reader's key")
def _():
    return {"rows": table(READER).scan().to_arrow().num_rows}


@step("writes with a reader's key")
def _():
    table(READER).append(numbers(0, 1))


@step("purges the table")
def _():
    CATALOG.purge_table("lab.numbers")
    return {"left": CATALOG.table_exists("lab.numbers")}


spend()
