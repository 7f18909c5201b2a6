"""Objects by obstore (the Rust crate object_store)."""

import ssl
import urllib.request
from datetime import timedelta

import obstore
from frame import BUCKET, FOX, PLACE, is_large, large, spend, step
from obstore.store import S3Store


def store_of(access_key, secret_key):
    with open(PLACE["authority"], "rb") as file:
        authority = file.read()
    # docs: obstore
    store = S3Store(
        BUCKET,
        endpoint=PLACE["endpoint"],
        region=PLACE["region"],
        access_key_id=access_key,
        secret_access_key=secret_key,
        # end
        client_options={"root_certificate": authority},
        retry_config={"max_retries": 0},
    )
    return store


STORE = store_of(PLACE["accessKey"], PLACE["secretKey"])
READER = store_of(PLACE["readerAccessKey"], PLACE["readerSecretKey"])


def text_of(path):
    return bytes(obstore.get(STORE, path).bytes()).decode()


def paths(prefix):
    return sorted(meta["path"] for batch in obstore.list(STORE, prefix) for meta in batch)


@step("puts an object")
def _():
    obstore.put(STORE, "fox", FOX, attributes={"Content-Type": "text/plain", "colour": "blue"})


@step("gets it")
def _():
    reply = obstore.get(STORE, "fox")
    return {
        "text": bytes(reply.bytes()).decode(),
        "type": reply.attributes["Content-Type"],
        "colour": reply.attributes["colour"],
    }


@step("heads it")
def _():
    meta = obstore.head(STORE, "fox")
    return {"size": meta["size"], "etag": meta["e_tag"].strip('"')}


@step("gets ranges")
def _():
    one = bytes(obstore.get_range(STORE, "fox", start=4, length=5)).decode()
    more = obstore.get_ranges(STORE, "fox", starts=[4, 16], lengths=[5, 3])
    return {"one": one, "more": [bytes(part).decode() for part in more]}


@step("puts 20 MiB in parts")
def _():
    obstore.put(STORE, "large", large(), use_multipart=True, chunk_size=5 * 2**20)
    return {"intact": is_large(bytes(obstore.get(STORE, "large").bytes()))}


@step("writes a stream")
def _():
    with obstore.open_writer(STORE, "stream") as file:
        for _ in range(3):
            file.write(FOX)
    return {"text": text_of("stream")}


@step("keeps odd paths")
def _():
    odd = ["odd/a b+c", "odd/ä🪣", "odd/q?acl=1&b#c", "odd/%2F", "odd/~!*'();:@,$="]
    for path in odd:
        obstore.put(STORE, path, path.encode())
    return {"wrong": [path for path in odd if text_of(path) != path], "listed": len(paths("odd"))}


@step("lists")
def _():
    for path in ["tree/leaf", "tree/branch/leaf"]:
        obstore.put(STORE, path, FOX)
    here = obstore.list_with_delimiter(STORE, "tree")
    return {
        "all": paths("tree"),
        "here": [meta["path"] for meta in here["objects"]],
        "below": list(here["common_prefixes"]),
    }


@step("copies and renames")
def _():
    obstore.copy(STORE, "fox", "copy")
    obstore.rename(STORE, "copy", "renamed")
    return {"text": text_of("renamed"), "copies": paths("copy")}


@step("creates only what is not there")
def _():
    obstore.put(STORE, "once", FOX, mode="create")
    obstore.put(STORE, "once", b"another", mode="create")


@step("updates only what it has seen")
def _():
    seen = obstore.head(STORE, "fox")
    obstore.put(STORE, "fox", b"first", mode={"e_tag": seen["e_tag"]})
    obstore.put(STORE, "fox", b"second", mode={"e_tag": seen["e_tag"]})


@step("gets unless unchanged")
def _():
    obstore.get(STORE, "fox", options={"if_none_match": obstore.head(STORE, "fox")["e_tag"]})


@step("signs links")
def _():
    trust = ssl.create_default_context(cafile=PLACE["authority"])
    put = obstore.sign(STORE, "PUT", "signed", timedelta(minutes=1))
    request = urllib.request.Request(put, data=FOX, method="PUT")
    with urllib.request.urlopen(request, context=trust):
        pass
    get = obstore.sign(STORE, "GET", "signed", timedelta(minutes=1))
    with urllib.request.urlopen(get, context=trust) as reply:
        return {"text": reply.read().decode()}


@step("deletes several")
def _():
    obstore.delete(STORE, ["tree/leaf", "tree/branch/leaf"])
    return {"left": paths("tree")}


@step("gets a missing object")
def _():
    obstore.get(STORE, "missing")


@step("reads with a reader's key")
def _():
    return {"text": bytes(obstore.get(READER, "renamed").bytes()).decode()}


@step("writes with a reader's key")
def _():
    obstore.put(READER, "refused", FOX)


@step("deletes everything")
def _():
    obstore.delete(STORE, paths(""))
    return {"left": paths("")}


spend()
