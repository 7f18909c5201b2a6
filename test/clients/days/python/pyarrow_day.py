"""Files, Parquet and datasets by pyarrow.fs.S3FileSystem (AWS SDK for C++)."""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from frame import BUCKET, FOX, PLACE, is_large, large, spend, step
from pyarrow import fs

MORE = {"tls_ca_file_path": PLACE["authority"]}
NUMBERS = pa.table({"n": list(range(1000)), "kind": ["even" if n % 2 == 0 else "odd" for n in range(1000)]})


def filesystem(access_key, secret_key):
    # docs: pyarrow
    s3 = fs.S3FileSystem(
        endpoint_override=PLACE["endpoint"],
        region=PLACE["region"],
        access_key=access_key,
        secret_key=secret_key,
        # end
        allow_bucket_creation=True,
        allow_bucket_deletion=True,
        **MORE,
    )
    return s3


S3 = filesystem(PLACE["accessKey"], PLACE["secretKey"])
READER = filesystem(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def at(name):
    return f"{BUCKET}/{name}"


def read(name):
    with S3.open_input_stream(at(name)) as file:
        return file.read()


def write(name, content, **more):
    with S3.open_output_stream(at(name), **more) as file:
        file.write(content)


def names(folder):
    found = S3.get_file_info(fs.FileSelector(at(folder), recursive=True))
    return sorted(info.path.removeprefix(f"{BUCKET}/") for info in found if info.is_file)


@step("makes a bucket")
def _():
    S3.create_dir(BUCKET)


@step("writes a file")
def _():
    write("fox", FOX, metadata={"Content-Type": "text/plain", "colour": "blue"})


@step("reads it")
def _():
    return {"text": read("fox").decode()}


@step("reads its metadata")
def _():
    with S3.open_input_stream(at("fox")) as file:
        metadata = file.metadata()
    return {"type": metadata["Content-Type"].decode(), "size": int(metadata["Content-Length"])}


@step("reads a range")
def _():
    with S3.open_input_file(at("fox")) as file:
        return {"text": file.read_at(5, 4).decode()}


@step("writes an empty file")
def _():
    write("empty", b"")
    return {"size": S3.get_file_info(at("empty")).size}


@step("writes 20 MiB in parts")
def _():
    write("large", large())
    return {"intact": is_large(read("large"))}


@step("keeps odd names")
def _():
    odd = ["odd/a b+c", "odd/ä🪣", "odd/q?acl=1&b#c", "odd/%2F", "odd/~!*'();:@,$="]
    for name in odd:
        write(name, name.encode())
    return {"wrong": [name for name in odd if read(name) != name.encode()], "listed": len(names("odd"))}


@step("makes and lists folders")
def _():
    S3.create_dir(at("folder/inner"))
    write("folder/inner/a", FOX)
    write("folder/b", FOX)
    return {"names": names("folder")}


@step("copies a file")
def _():
    S3.copy_file(at("fox"), at("copy of fox"))
    return {"text": read("copy of fox").decode()}


@step("moves a file")
def _():
    S3.move(at("copy of fox"), at("moved"))
    return {"text": read("moved").decode(), "kind": S3.get_file_info(at("copy of fox")).type.name}


@step("writes and reads Parquet")
def _():
    pq.write_table(NUMBERS, at("numbers.parquet"), filesystem=S3)
    table = pq.read_table(at("numbers.parquet"), filesystem=S3, columns=["n"])
    return {"rows": table.num_rows, "columns": table.column_names}


@step("writes a partitioned dataset")
def _():
    ds.write_dataset(NUMBERS, at("dataset"), format="parquet", partitioning=["kind"], filesystem=S3)
    return {"names": names("dataset")}


@step("reads a dataset by a filter")
def _():
    dataset = ds.dataset(at("dataset"), format="parquet", partitioning=["kind"], filesystem=S3)
    table = dataset.to_table(filter=(pc.field("kind") == "odd") & (pc.field("n") < 100))
    return {"rows": table.num_rows, "sum": pc.sum(table["n"]).as_py()}


@step("deletes a file")
def _():
    S3.delete_file(at("moved"))
    return {"kind": S3.get_file_info(at("moved")).type.name}


@step("deletes a folder")
def _():
    S3.delete_dir(at("dataset"))
    return {"kind": S3.get_file_info(at("dataset")).type.name}


@step("asks for a missing file")
def _():
    read("missing")


@step("reads with a reader's key")
def _():
    with READER.open_input_stream(at("fox")) as file:
        return {"sha256": hashlib.sha256(file.read()).hexdigest()}


@step("writes with a reader's key")
def _():
    with READER.open_output_stream(at("refused")) as file:
        file.write(FOX)


@step("deletes with a reader's key")
def _():
    READER.delete_file(at("fox"))


@step("uses a wrong secret")
def _():
    with filesystem(PLACE["accessKey"], "wrong").open_input_stream(at("fox")) as file:
        file.read()


@step("deletes everything")
def _():
    S3.delete_dir(BUCKET)
    return {"kind": S3.get_file_info(BUCKET).type.name}


spend()
