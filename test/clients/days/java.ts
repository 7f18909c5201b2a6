import { join } from "node:path";
import { runProgram } from "../../support/program.ts";
import { NO_TRAILERS, byProgram, type OwnClient, noReader } from "./frame.ts";
import { installed } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

const DAY = installed("the Java SDK's day", "java/day.jar");

export const JAVA_SDK: OwnClient = {
  name: "java-sdk",
  title: "AWS SDK for Java v2, CRT client, transfer manager",
  version: pinned("java/pom.xml", "<artifactId>bom</artifactId>"),
  snippet: snippet("java/src/main/java/Day.java", "java", "java"),
  needs: [DAY.need],
  scheme: "https",
  bucket: "made",
  spend: async (place) => {
    const store = join(place.scratch, "trust.p12");
    const trust = ["-importcert", "-noprompt", "-alias", "days", "-file", place.authority];
    const kept = ["-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit"];
    await runProgram("keytool", [...trust, ...kept]);
    const jars = join(DAY.path, "..", "*");
    const day = byProgram("java", [
      `-Djavax.net.ssl.trustStore=${store}`,
      "-Djavax.net.ssl.trustStorePassword=changeit",
      "-cp",
      jars,
      "Day",
    ]);
    return day(place);
  },
  steps: {
    "makes a bucket": { ok: true },
    "puts an object": { ok: true },
    "gets it": {
      ok: true,
      colour: "blue",
      text: "The quick brown fox jumps over the lazy dog",
      type: "text/plain",
    },
    "gets a range": { ok: true, text: "quick" },
    "puts a stream": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with CRC32": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with CRC32_C": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with CRC64_NVME": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with SHA1": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with SHA256": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "uploads 20 MiB by the CRT client": { ok: true },
    "downloads 20 MiB by the CRT client": { ok: true, intact: true },
    "uploads 20 MiB by the transfer manager": { ok: true, intact: true },
    "asks for attributes": { ok: true, size: 43 },
    "lists in pages": { ok: true, keys: ["page/0", "page/1", "page/2", "page/3", "page/4"] },
    copies: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes a lock only once": { ok: false, code: "PreconditionFailed" },
    presigns: { ok: true, status: 200, text: "The quick brown fox jumps over the lazy dog" },
    "deletes several": { ok: true, deleted: ["page/0", "page/1"] },
    "gets a missing key": { ok: false, code: "NoSuchKey" },
    "heads a missing key": { ok: false, code: "NoSuchKey" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uploads by CRT with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "deletes everything": { ok: true },
  },
  differences: [
    {
      stores: ["versitygw"],
      way: "both",
      steps: ["asks for attributes"],
      outcome: { ok: false, code: "SdkClientException" },
      why: "versitygw writes the answer's Last-Modified as no date of HTTP, and Java cannot read it",
    },
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "gateway",
      steps: ["asks for attributes"],
      outcome: { ok: false, code: "NotImplemented" },
      why: "RGW 16 has no GetObjectAttributes, and refuses its signature; the gateway says that it is not implemented",
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: ["asks for attributes"],
      why: "RGW 16 has no GetObjectAttributes, and refuses its signature; the gateway says that it is not implemented",
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "puts an object",
        "gets it",
        "gets a range",
        "puts a stream",
        "puts with CRC32",
        "puts with CRC32_C",
        "puts with CRC64_NVME",
        "puts with SHA1",
        "puts with SHA256",
        "uploads 20 MiB by the CRT client",
        "downloads 20 MiB by the CRT client",
        "uploads 20 MiB by the transfer manager",
        "lists in pages",
        "copies",
        "writes a lock only once",
        "presigns",
        "reads with a reader's key",
      ],
      why: NO_TRAILERS,
    },
  ],
};
