/**
 * Tests `policy.bucketNames`: LUMI-O's projects, each with its own bucket names, at real stores
 * that have one space of names for all, behind one key of the store. The expected names are those
 * of a Ceph with tenants; no answer shows the store's.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { probe } from "../clients/probe.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { ask, type PlainAnswer, type PlainRequest } from "../support/plain-store.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const ONE = "465000001";
const TWO = "465000002";
const keyOf = (project: string): KeyPair => ({
  accessKey: `GW${project}000000000`,
  secretKey: `secret-of-${project}`,
});
/** The content of an object that looks like an answer of the store. */
const TRICKY = `<Bucket>${ONE}-data</Bucket><Name>${ONE}-data</Name>`;
const ABORTED =
  "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>";

for (const { name, kind, skip, start } of REAL_STORES.filter((store) => store.kind !== "ceph")) {
  describe(`buckets named after their accounts at ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    const answers: PlainAnswer[] = [];

    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        listen: { accountDomains: ["*.public.example.org"] },
        accounts: [ONE, TWO].map((project) => ({
          name: project,
          upstream: store.key,
          keys: [keyOf(project)],
        })),
        policy: { provider: "lumi-o", bucketNames: { prefix: "{account}-" } },
        state: { directory: join(scratchFolder("state"), "records") },
      });
      for (const project of [ONE, TWO]) {
        assert.equal((await as(project, "PUT", "/data")).status, 200);
        assert.equal((await as(project, "PUT", "/data/k", { body: project })).status, 200);
      }
    });
    after(async () => {
      await gateway?.stop();
      await store?.stop();
    });

    const sendOnly = (project: string, ...request: readonly [string, string, PlainRequest?]) =>
      ask({ endpoint: gateway.endpoint, key: keyOf(project) }, ...request);
    /**
     * Sends a request as a project, and keeps its answer, so that the last test can search all
     * answers.
     */
    const as: typeof sendOnly = async (...request) => {
      const answer = await sendOnly(...request);
      answers.push(answer);
      return answer;
    };
    const field = ({ body }: PlainAnswer, element: string): string | undefined =>
      new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1];

    test("two projects each have a bucket of one name, and the store has both", async () => {
      assert.equal((await as(ONE, "GET", "/data/k")).body, ONE);
      assert.equal((await as(TWO, "GET", "/data/k")).body, TWO);
      const all = await ask(store, "GET", "/");
      assert.match(all.body, new RegExp(`<Name>${ONE}-data</Name>`));
      assert.match(all.body, new RegExp(`<Name>${TWO}-data</Name>`));
      assert.equal((await ask(store, "GET", `/${ONE}-data/k`)).body, ONE);
    });

    test("a list shows a project its own buckets, by their own names", async () => {
      await ask(store, "PUT", "/nobodys");
      assert.equal((await as(ONE, "PUT", "/other-one")).status, 200);
      const names = async (target: string): Promise<readonly string[]> =>
        [...(await as(ONE, "GET", target)).body.matchAll(/<Name>([^<]*)</g)].map(
          ([, one = ""]) => one,
        );
      assert.deepEqual(await names("/"), ["data", "other-one"]);
      assert.deepEqual(await names("/?prefix=other"), ["other-one"]);
      assert.deepEqual(await names(`/?prefix=${ONE}`), []);
    });

    test("a list in pages has the project's own buckets, and says nothing of another's", async () => {
      assert.equal((await as(TWO, "PUT", "/second")).status, 200);
      const names: string[] = [];
      let token = "";
      do {
        const more = token === "" ? "" : `&continuation-token=${encodeURIComponent(token)}`;
        const page = await sendOnly(TWO, "GET", `/?max-buckets=1${more}`);
        assert.doesNotMatch(page.body, new RegExp(ONE));
        names.push(...[...page.body.matchAll(/<Name>([^<]*)</g)].map(([, one = ""]) => one));
        token = field(page, "ContinuationToken") ?? "";
      } while (token !== "" && names.length < 9);
      assert.deepEqual(names, ["data", "second"]);
      const begun = await as(TWO, "GET", "/?prefix=se");
      assert.match(begun.body, /<Name>second</);
      assert.doesNotMatch(begun.body, /<Name>data</);
      assert.equal((await as(TWO, "DELETE", "/second")).status, 204);
    });

    test("a bucket's answers have its name as the client has it", async () => {
      for (const query of [
        "",
        "?list-type=2",
        "?versions",
        "?list-type=2&prefix=k&delimiter=%2F",
      ]) {
        assert.equal(field(await as(ONE, "GET", `/data${query}`), "Name"), "data", query);
      }
      const begun = await as(ONE, "POST", "/data/parts?uploads");
      assert.equal(field(begun, "Bucket"), "data");
      const id = field(begun, "UploadId") ?? "";
      const part = await as(ONE, "PUT", `/data/parts?partNumber=1&uploadId=${id}`, {
        body: "part",
      });
      assert.equal(part.status, 200);
      assert.equal(field(await as(ONE, "GET", "/data?uploads"), "Bucket"), "data");
      assert.equal(field(await as(ONE, "GET", `/data/parts?uploadId=${id}`), "Bucket"), "data");
      const wrong = await as(ONE, "POST", `/data/parts?uploadId=${id}`, { body: ABORTED });
      assert.ok(wrong.status >= 400, "an upload of parts that were never sent");
      const etag = String(part.headers["etag"]);
      const whole = await as(ONE, "POST", `/data/parts?uploadId=${id}`, {
        body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`,
      });
      assert.equal(field(whole, "Bucket"), "data");
      assert.equal(field(whole, "Location"), `${gateway.endpoint}/data/parts`);
    });

    test("an object's content is never rewritten", async () => {
      const headers = { "content-type": "application/xml" };
      assert.equal((await as(ONE, "PUT", "/data/tricky", { body: TRICKY, headers })).status, 200);
      const tricky = await sendOnly(ONE, "GET", "/data/tricky");
      assert.equal(tricky.body, TRICKY);
    });

    test("copies find their source, also in another project that allows them", async () => {
      const copy = { headers: { "x-amz-copy-source": "/data/k" } };
      assert.equal((await as(ONE, "PUT", "/data/copied", copy)).status, 200);
      assert.equal((await as(ONE, "GET", "/data/copied")).body, ONE);
      const foreign = { headers: { "x-amz-copy-source": `/${ONE}:data/k` } };
      assert.equal((await as(TWO, "PUT", "/data/taken", foreign)).status, 403);
    });

    test("another project is let in by a policy alone, and by the project's name", async () => {
      const target = `/${ONE}%3Adata/k`;
      assert.equal((await as(TWO, "GET", target)).status, 403);
      const policy = JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: [`arn:aws:iam::${TWO}:user/${TWO}`] },
            Action: ["s3:GetObject", "s3:ListBucket"],
            Resource: ["arn:aws:s3:::data", "arn:aws:s3:::data/k"],
          },
          {
            Effect: "Allow",
            Principal: "*",
            Action: ["s3:GetObject"],
            Resource: ["arn:aws:s3:::data/copied"],
          },
        ],
      });
      assert.equal((await as(ONE, "PUT", "/data?policy", { body: policy })).status, 204);
      assert.equal((await as(TWO, "GET", target)).body, ONE);
      assert.equal((await as(TWO, "GET", "/data/k")).body, TWO);
      assert.equal(field(await as(TWO, "GET", `/${ONE}%3Adata?list-type=2`), "Name"), "data");
      assert.equal((await as(TWO, "GET", `/${ONE}%3Adata/tricky`)).status, 403);
      assert.equal((await as(TWO, "PUT", target, { body: "x" })).status, 403);
      assert.equal((await as(ONE, "GET", "/data?policy")).body, policy);
    });

    test("public links name the project, in the path and in the host", async () => {
      const host = `${ONE}.public.example.org`;
      const inHost = await probe("GET", `${gateway.endpoint}/data/copied`, { host });
      assert.equal(inHost.body.toString(), ONE);
      const inPath = await probe("GET", `${gateway.endpoint}/${ONE}:data/copied`);
      assert.equal(inPath.body.toString(), ONE);
      for (const target of [
        `/${ONE}:data/k`,
        "/data/copied",
        `/${ONE}-data/copied`,
        `/${TWO}:data/k`,
      ]) {
        const refused = await probe("GET", gateway.endpoint + target);
        assert.ok(refused.status === 403 || refused.status === 404, `${target}: ${refused.status}`);
      }
    });

    test("the store's name leads nobody to another's bucket", async () => {
      for (const target of [
        `/${ONE}-data/k`,
        `/${ONE}-data`,
        "/nobodys",
        `/:${ONE}-data/k`,
        "/:nobodys",
      ]) {
        const { status, body } = await sendOnly(TWO, "GET", target);
        assert.ok(status === 404 || status === 403, `${target}: ${status}`);
        assert.doesNotMatch(body, new RegExp(`>${ONE}<`));
      }
      const copy = { headers: { "x-amz-copy-source": `/${ONE}-data/k` } };
      assert.ok((await sendOnly(TWO, "PUT", "/data/stolen", copy)).status >= 400);
    });

    test("a document that names a bucket is refused, for the store would read another", async () => {
      const body = `<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled><TargetBucket>data</TargetBucket><TargetPrefix>log</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
      const replication = `<ReplicationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Role>r</Role><Rule><Status>Enabled</Status><Prefix></Prefix><Destination><Bucket>arn:aws:s3:::data</Bucket></Destination></Rule></ReplicationConfiguration>`;
      assert.equal((await as(ONE, "PUT", "/data?logging", { body })).status, 501);
      assert.equal((await as(ONE, "PUT", "/data?replication", { body: replication })).status, 501);
    });

    test("a name too long for the store is refused before it", async () => {
      const fits = "b".repeat(63 - ONE.length - 1);
      assert.equal((await as(ONE, "PUT", `/${fits}`)).status, 200);
      assert.equal((await as(ONE, "GET", `/${fits}`)).status, 200);
      assert.equal((await as(ONE, "PUT", `/${fits}b`)).status, 400);
    });

    test("no answer shows the store's name", async () => {
      await as(ONE, "PUT", "/data");
      await as(ONE, "GET", "/data/missing");
      await as(ONE, "GET", "/missing");
      await as(ONE, "DELETE", "/data");
      await as(ONE, "HEAD", "/data");
      await as(ONE, "GET", "/data?lifecycle");
      await as(ONE, "GET", "/data/parts?uploadId=none");
      await as(ONE, "POST", "/data?delete", {
        body: "<Delete><Object><Key>copied</Key></Object><Object><Key>none</Key></Object></Delete>",
      });
      assert.equal((await as(ONE, "DELETE", "/other-one")).status, 204);
      assert.ok(answers.length > 40);
      for (const { body, rawHeaders } of answers) {
        assert.doesNotMatch(`${rawHeaders.join("\n")}\n${body}`, /46500000[12]-/);
      }
    });
  });
}
