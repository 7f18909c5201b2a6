"""Tables by DuckDB and its httpfs extension."""

from importlib.resources import files

import duckdb
from frame import BUCKET, PLACE, spend, step

# PyPI's package has the very file that `INSTALL httpfs` would fetch.
HTTPFS = files("duckdb_extension_httpfs") / f"extensions/v{duckdb.__version__}/httpfs.duckdb_extension"

SECRET = """
-- docs: duckdb
CREATE SECRET lab (
    TYPE s3,
    ENDPOINT 's3.example.org',
    URL_STYLE 'path',
    REGION 'us-east-1',
    KEY_ID 'AKIDLAB0000000000000',
    SECRET '…'
);
-- end
"""


def connection(key, secret):
    db = duckdb.connect()
    db.execute(f"LOAD '{HTTPFS}'")
    db.execute(f"SET ca_cert_file = '{PLACE['authority']}'")
    db.execute("SET http_retries = 0")
    told = {"s3.example.org": PLACE["host"], "us-east-1": PLACE["region"], "AKIDLAB0000000000000": key, "…": secret}
    sql = SECRET
    for shown, value in told.items():
        sql = sql.replace(f"'{shown}'", f"'{value}'")
    db.execute(sql)
    return db


DB = connection(PLACE["accessKey"], PLACE["secretKey"])
READER = connection(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def at(name):
    return f"s3://{BUCKET}/{name}"


def one(sql, db=DB):
    return db.execute(sql).fetchone()[0]


@step("writes Parquet")
def _():
    DB.execute(f"COPY (SELECT range AS n, range % 3 AS kind FROM range(1000)) TO '{at('n.parquet')}'")


@step("reads Parquet")
def _():
    return {"sum": int(one(f"SELECT sum(n) FROM '{at('n.parquet')}'"))}


@step("filters and joins")
def _():
    sql = f"SELECT count(*) FROM '{at('n.parquet')}' a JOIN '{at('n.parquet')}' b USING (n) WHERE a.kind = 1"
    return {"rows": one(sql)}


@step("writes a large table in parts")
def _():
    DB.execute(f"COPY (SELECT range AS n, hash(range) AS h FROM range(3000000)) TO '{at('large.parquet')}'")
    return {"rows": one(f"SELECT count(*) FROM '{at('large.parquet')}' WHERE h IS NOT NULL")}


@step("writes CSV and JSON")
def _():
    DB.execute(f"COPY (SELECT 1 AS a, 'x,\"y' AS b) TO '{at('a.csv')}'")
    return {"b": one(f"SELECT b FROM '{at('a.csv')}'")}


@step("writes partitions and reads one")
def _():
    DB.execute(
        f"COPY (SELECT range AS n, range % 3 AS kind FROM range(1000)) TO '{at('hive')}' "
        "(FORMAT parquet, PARTITION_BY (kind), OVERWRITE_OR_IGNORE)"
    )
    sql = f"SELECT count(*) FROM read_parquet('{at('hive/*/*.parquet')}', hive_partitioning = true) WHERE kind = 1"
    return {"rows": one(sql)}


@step("globs")
def _():
    return {"files": one(f"SELECT count(*) FROM glob('{at('hive/**')}')")}


@step("reads whole files")
def _():
    return {"text": one(f"SELECT content FROM read_text('{at('a.csv')}')")}


@step("reads a missing table")
def _():
    one(f"SELECT count(*) FROM '{at('missing.parquet')}'")


@step("reads with a reader's key")
def _():
    return {"sum": int(one(f"SELECT sum(n) FROM '{at('n.parquet')}'", READER))}


@step("writes with a reader's key")
def _():
    READER.execute(f"COPY (SELECT 1) TO '{at('refused.parquet')}'")


@step("uses a wrong secret")
def _():
    one(f"SELECT count(*) FROM '{at('n.parquet')}'", connection(PLACE["accessKey"], "wrong"))


spend()
