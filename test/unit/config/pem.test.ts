import assert from "node:assert/strict";
import { test } from "node:test";
import { GATEWAY, goodConfig, problemsOf } from "../../support/config.ts";
import { CERTIFICATE, KEY, OTHER_KEY } from "../../support/pem.ts";

const TLS = `${GATEWAY}listen: { tls: { cert: tls.crt, key: tls.key } }\n`;

test("parseConfig() gives certificate and key as text", () => {
  const { listen } = goodConfig({ "gateway.yaml": TLS, "tls.crt": CERTIFICATE, "tls.key": KEY });
  assert.deepEqual(listen.tls, { cert: CERTIFICATE, key: KEY });
});

test("parseConfig() gives the store's certificates as text", () => {
  const gateway = GATEWAY.replace("] }", "], caFile: ca.crt }");
  const { upstream } = goodConfig({ "gateway.yaml": gateway, "ca.crt": CERTIFICATE });
  assert.equal(upstream.ca, CERTIFICATE);
});

const refused = [
  [
    "a certificate that is none",
    { "tls.crt": "no certificate", "tls.key": KEY },
    'gateway.yaml:3:24 listen.tls.cert: Expected a certificate in PEM form: got "tls.crt"',
  ],
  [
    "a key that is none",
    { "tls.crt": CERTIFICATE, "tls.key": CERTIFICATE },
    'gateway.yaml:3:38 listen.tls.key: Expected a private key in PEM form that is not encrypted: got "tls.key"',
  ],
  [
    "another certificate's key",
    { "tls.crt": CERTIFICATE, "tls.key": OTHER_KEY },
    'gateway.yaml:3:38 listen.tls.key: Expected the private key of the certificate in listen.tls.cert: got "tls.key"',
  ],
  [
    "a key that is not there",
    { "tls.crt": CERTIFICATE },
    'gateway.yaml:3:38 listen.tls.key: Cannot read "tls.key": no such file | Paths are relative to the file that names them',
  ],
] as const;
for (const [name, files, problem] of refused) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.deepEqual(problemsOf({ "gateway.yaml": TLS, ...files }), [problem]);
  });
}
