"""Tables by polars (the Rust crate object_store)."""

import polars as pl
from frame import BUCKET, PLACE, spend, step


def options_of(access_key, secret_key):
    # docs: polars
    storage_options = {
        "aws_endpoint_url": PLACE["endpoint"],
        "aws_region": PLACE["region"],
        "aws_access_key_id": access_key,
        "aws_secret_access_key": secret_key,
    }
    # end
    return storage_options


OPTIONS = options_of(PLACE["accessKey"], PLACE["secretKey"])
READER = options_of(PLACE["readerAccessKey"], PLACE["readerSecretKey"])
NUMBERS = pl.DataFrame({"n": list(range(1000)), "kind": ["even", "odd"] * 500})


def at(name):
    return f"s3://{BUCKET}/{name}"


@step("writes Parquet")
def _():
    NUMBERS.write_parquet(at("numbers.parquet"), storage_options=OPTIONS)


@step("reads Parquet")
def _():
    return {"same": pl.read_parquet(at("numbers.parquet"), storage_options=OPTIONS).equals(NUMBERS)}


@step("scans columns and rows")
def _():
    scan = pl.scan_parquet(at("numbers.parquet"), storage_options=OPTIONS)
    found = scan.filter(pl.col("n") < 100, pl.col("kind") == "odd").select("n").collect()
    return {"rows": found.height, "sum": found["n"].sum()}


@step("sinks a large table in parts")
def _():
    wide = pl.LazyFrame({"n": pl.int_range(0, 3_000_000, eager=True)})
    wide.with_columns(m=pl.col("n").hash()).sink_parquet(at("large.parquet"), storage_options=OPTIONS)
    scan = pl.scan_parquet(at("large.parquet"), storage_options=OPTIONS)
    return {"rows": scan.select(pl.len()).collect().item(), "sum": scan.select(pl.col("n").sum()).collect().item()}


@step("writes and reads CSV")
def _():
    NUMBERS.write_csv(at("numbers.csv"), storage_options=OPTIONS)
    return {"same": pl.scan_csv(at("numbers.csv"), storage_options=OPTIONS).collect().equals(NUMBERS)}


@step("reads what a pattern names")
def _():
    for part in range(3):
        NUMBERS.write_parquet(at(f"parts/{part}.parquet"), storage_options=OPTIONS)
    return {"rows": pl.scan_parquet(at("parts/*.parquet"), storage_options=OPTIONS).collect().height}


@step("reads hive partitions")
def _():
    for kind in ["even", "odd"]:
        part = NUMBERS.filter(pl.col("kind") == kind).select("n")
        part.write_parquet(at(f"hive/kind={kind}/0.parquet"), storage_options=OPTIONS)
    scan = pl.scan_parquet(at("hive/"), storage_options=OPTIONS, hive_partitioning=True)
    return {"rows": scan.filter(pl.col("kind") == "odd").collect().height}


@step("reads a missing table")
def _():
    pl.read_parquet(at("missing.parquet"), storage_options=OPTIONS)


@step("reads with a reader's key")
def _():
    return {"rows": pl.read_parquet(at("numbers.parquet"), storage_options=READER).height}


@step("writes with a reader's key")
def _():
    NUMBERS.write_parquet(at("refused.parquet"), storage_options=READER)


@step("uses a wrong secret")
def _():
    pl.read_parquet(at("numbers.parquet"), storage_options=options_of(PLACE["accessKey"], "wrong"))


spend()
