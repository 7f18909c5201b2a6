"""Files by s3fs, as pandas and dask use it (aiobotocore)."""

import ssl
import urllib.request

import s3fs
from frame import BUCKET, FOX, PLACE, is_large, spend, step


def filesystem(key, secret):
    # docs: s3fs
    s3 = s3fs.S3FileSystem(
        key=key,
        secret=secret,
        endpoint_url=PLACE["endpoint"],
        client_kwargs={"region_name": PLACE["region"]},
        config_kwargs={"signature_version": "s3v4"},
        # end
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    return s3


S3 = filesystem(PLACE["accessKey"], PLACE["secretKey"])
READER = filesystem(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def at(name):
    return f"{BUCKET}/{name}"


def below(folder):
    return [path.removeprefix(f"{BUCKET}/") for path in sorted(S3.find(at(folder)))]


@step("writes a file")
def _():
    with S3.open(at("fox"), "wb") as file:
        file.write(FOX)


@step("reads it")
def _():
    return {"text": S3.cat_file(at("fox")).decode()}


@step("reads a range")
def _():
    with S3.open(at("fox"), "rb", block_size=4) as file:
        file.seek(4)
        return {"text": file.read(5).decode(), "last": S3.cat_file(at("fox"), start=-3).decode()}


@step("uploads 20 MiB in parts")
def _():
    S3.put_file(PLACE["large"], at("large"), chunksize=5 * 2**20)
    S3.get_file(at("large"), f"{PLACE['scratch']}/large")
    with open(f"{PLACE['scratch']}/large", "rb") as file:
        return {"size": S3.info(at("large"))["size"], "intact": is_large(file.read())}


@step("writes a stream in parts")
def _():
    with S3.open(at("stream"), "wb", block_size=5 * 2**20) as file, open(PLACE["large"], "rb") as source:
        while piece := source.read(2**20):
            file.write(piece)
    return {"intact": is_large(S3.cat_file(at("stream")))}


@step("puts many files at once")
def _():
    S3.pipe({at(f"many/{n}"): str(n).encode() for n in range(20)})
    texts = S3.cat([at(f"many/{n}") for n in range(20)])
    return {"texts": "".join(texts[at(f"many/{n}")].decode() for n in range(20))}


@step("lists and globs")
def _():
    S3.pipe({at("tree/leaf"): FOX, at("tree/branch/leaf"): FOX})
    return {
        "below": below("tree"),
        "here": sorted(path.removeprefix(f"{BUCKET}/") for path in S3.ls(at("tree"), detail=False)),
        "globbed": len(S3.glob(at("many/1*"))),
    }


@step("appends to a file")
def _():
    with S3.open(at("tree/leaf"), "ab") as file:
        file.write(b".")
    return {"text": S3.cat_file(at("tree/leaf")).decode()}


@step("copies and moves")
def _():
    S3.copy(at("fox"), at("copy"))
    S3.mv(at("copy"), at("moved"))
    return {"text": S3.cat_file(at("moved")).decode(), "left": S3.exists(at("copy"))}


@step("sets metadata and tags")
def _():
    S3.setxattr(at("fox"), colour="green")
    S3.put_tags(at("fox"), {"kind": "animal"})
    return {"colour": S3.getxattr(at("fox"), "colour"), "kind": S3.get_tags(at("fox"))["kind"]}


@step("writes only where nothing is")
def _():
    with S3.open(at("fox"), "xb") as file:
        file.write(b"another")


@step("signs a link")
def _():
    url = S3.sign(at("moved"), expiration=60)
    trust = ssl.create_default_context(cafile=PLACE["authority"])
    with urllib.request.urlopen(url, context=trust) as reply:
        return {"text": reply.read().decode()}


@step("asks for a missing file")
def _():
    S3.cat_file(at("missing"))


@step("reads with a reader's key")
def _():
    return {"text": READER.cat_file(at("moved")).decode()}


@step("writes with a reader's key")
def _():
    READER.pipe_file(at("refused"), FOX)


@step("deletes with a reader's key")
def _():
    READER.rm_file(at("fox"))


@step("deletes everything")
def _():
    S3.rm(BUCKET, recursive=True)
    return {"left": S3.exists(BUCKET)}


spend()
