import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTHORITY, DOMAIN, EXPIRED, NAMELESS, PHOTOS, WEAK } from "../../support/certificates.ts";
import { GATEWAY, goodConfig, problemsOf, warningsOf } from "../../support/config.ts";
import { CERTIFICATE, KEY, OTHER_KEY } from "../../support/pem.ts";

const TLS = `${GATEWAY}listen: { tls: { cert: tls.crt, key: tls.key } }\n`;

test("parseConfig() returns certificate and key as text", () => {
  const { listen } = goodConfig({ "gateway.yaml": TLS, "tls.crt": CERTIFICATE, "tls.key": KEY });
  assert.deepEqual(listen.tls, {
    certificates: [{ cert: CERTIFICATE, key: KEY }],
    clientCa: undefined,
    clientCertificates: "required",
    minVersion: "TLSv1.2",
  });
});

const FILES = {
  "tls.crt": CERTIFICATE,
  "tls.key": KEY,
  "domain.crt": DOMAIN.cert,
  "domain.key": DOMAIN.key,
  "photos.crt": PHOTOS.cert,
  "photos.key": PHOTOS.key,
  "nameless.crt": NAMELESS.cert,
  "nameless.key": NAMELESS.key,
  "expired.crt": EXPIRED.cert,
  "expired.key": EXPIRED.key,
  "weak.crt": WEAK.cert,
  "weak.key": WEAK.key,
  "ca.crt": AUTHORITY,
  "old-ca.crt": EXPIRED.cert,
  "both-ca.crt": EXPIRED.cert + AUTHORITY,
  "half-ca.crt": AUTHORITY + AUTHORITY.replace("MII", "XXX"),
};
const LISTEN = (tls: string): Readonly<Record<string, string>> => {
  return { ...FILES, "gateway.yaml": `${GATEWAY}listen: { tls: { ${tls} } }\n` };
};
const SECURE = GATEWAY.replace("http:", "https:");
const UPSTREAM = (more: string, gateway = SECURE): Readonly<Record<string, string>> => {
  return {
    ...FILES,
    "gateway.yaml": gateway.replace(", store: ceph }", `, ${more}, store: ceph }`),
  };
};
const SYSLOG = (more: string): Readonly<Record<string, string>> => {
  return {
    ...FILES,
    "gateway.yaml": `${GATEWAY}log: { audit: { file: a, syslog: { ${more} } } }\n`,
  };
};
const TWO =
  "certificates: [{ cert: domain.crt, key: domain.key }, { cert: photos.crt, key: photos.key }]";

test("parseConfig() returns several certificates, cert and key first", () => {
  const listed = [DOMAIN, PHOTOS];
  const own = { cert: CERTIFICATE, key: KEY };
  assert.deepEqual(goodConfig(LISTEN(TWO)).listen.tls?.certificates, listed);
  const all = goodConfig(LISTEN(`${TWO}, cert: tls.crt, key: tls.key`)).listen.tls;
  assert.deepEqual(all?.certificates, [own, ...listed]);
});

test("parseConfig() reads what clients must show, and which TLS they must speak", () => {
  const more = "clientCaFile: ca.crt, clientCertificates: optional, minVersion: 1.3";
  const { tls } = goodConfig(LISTEN(`${TWO}, ${more}`)).listen;
  assert.equal(tls?.clientCa, AUTHORITY);
  assert.deepEqual([tls.clientCertificates, tls.minVersion], ["optional", "TLSv1.3"]);
  const quoted = goodConfig(LISTEN(`${TWO}, minVersion: "1.2"`)).listen.tls;
  assert.equal(quoted?.minVersion, "TLSv1.2");
});

test("parseConfig() reads how the gateway shows itself to the store", () => {
  const files = UPSTREAM(
    "serverName: store.example.org, clientCertificate: { cert: domain.crt, key: domain.key }",
  );
  const { serverName, clientCertificate } = goodConfig(files).upstream;
  assert.equal(serverName, "store.example.org");
  assert.deepEqual(clientCertificate, DOMAIN);
});

const TOO_WEAK =
  'OpenSSL refuses the certificate, "ee key too small": got "weak.crt" | Renew it and its chain with keys of 2048 bits or P-256';
const AT = "gateway.yaml:3:11 listen.tls";
const problems = [
  [
    "TLS without a certificate",
    LISTEN(""),
    [`${AT}.cert: Missing key "cert" | Add it`, `${AT}.key: Missing key "key" | Add it`],
  ],
  [
    "a certificate without its key",
    LISTEN("cert: tls.crt"),
    [`${AT}.key: Missing key "key" | Add it`],
  ],
  [
    "a key without its certificate",
    LISTEN(`${TWO}, key: tls.key`),
    [`${AT}.cert: Missing key "cert" | Add it`],
  ],
  [
    "a pair that does not fit",
    LISTEN("certificates: [{ cert: domain.crt, key: photos.key }]"),
    [
      'gateway.yaml:3:58 listen.tls.certificates[0].key: Expected the private key of the certificate in listen.tls.certificates[0].cert: got "photos.key"',
    ],
  ],
  [
    "a certificate that OpenSSL takes for too weak",
    LISTEN("cert: tls.crt, key: tls.key, certificates: [{ cert: weak.crt, key: weak.key }]"),
    [`gateway.yaml:3:70 listen.tls.certificates[0].cert: ${TOO_WEAK}`],
  ],
  [
    "such a certificate for the store",
    UPSTREAM("clientCertificate: { cert: weak.crt, key: weak.key }"),
    [`gateway.yaml:1:75 upstream.clientCertificate.cert: ${TOO_WEAK}`],
  ],
  [
    "an authority that is not there",
    LISTEN(`${TWO}, clientCaFile: none.crt`),
    [
      'gateway.yaml:3:126 listen.tls.clientCaFile: Cannot read "none.crt": no such file | Paths are relative to the file that names them',
    ],
  ],
  [
    "an authority of which a part cannot be read",
    LISTEN(`${TWO}, clientCaFile: half-ca.crt`),
    [
      'gateway.yaml:3:126 listen.tls.clientCaFile: Expected a certificate in PEM form: got "half-ca.crt"',
    ],
  ],
  [
    "clients' certificates without an authority",
    LISTEN(`${TWO}, clientCertificates: required`),
    [
      "gateway.yaml:3:132 listen.tls.clientCertificates: clientCertificates needs listen.tls.clientCaFile | Add listen.tls.clientCaFile",
    ],
  ],
  [
    "TLS 1.1",
    LISTEN(`${TWO}, minVersion: "1.1"`),
    ['gateway.yaml:3:124 listen.tls.minVersion: Expected 1.2 or 1.3: got "1.1"'],
  ],
  [
    "a server name that is none",
    UPSTREAM("serverName: https://store"),
    [
      'gateway.yaml:1:60 upstream.serverName: Expected a host name in lower case such as s3.example.org: got "https://store"',
    ],
  ],
  [
    "a gateway's certificate without its key",
    UPSTREAM("clientCertificate: { cert: domain.crt }"),
    ['gateway.yaml:1:48 upstream.clientCertificate.key: Missing key "key" | Add it'],
  ],
  [
    "names and certificates for a store without TLS",
    UPSTREAM("serverName: store.example.org", GATEWAY),
    [
      "gateway.yaml:1:59 upstream.serverName: The setting has no effect: no endpoint uses https | Write https:// in upstream.endpoints, or remove it",
    ],
  ],
  [
    "certificates for a syslog collector without TLS",
    SYSLOG(`address: "tcp:[::1]:601", caFile: domain.crt`),
    [
      "gateway.yaml:3:70 log.audit.syslog.caFile: The setting has no effect: the address does not begin with tls: | Write a tls: address, or remove it",
    ],
  ],
  [
    "a syslog collector whose authority is a key",
    SYSLOG(`address: "tls:[::1]:6514", caFile: domain.key`),
    [
      'gateway.yaml:3:71 log.audit.syslog.caFile: Expected a certificate in PEM form: got "domain.key"',
    ],
  ],
  [
    "PROXY headers of nobody",
    { "gateway.yaml": `${GATEWAY}listen: { proxyProtocol: true }\n` },
    [
      "gateway.yaml:3:26 listen.proxyProtocol: No proxy is trusted to send a PROXY header | Name the proxies in listen.trustedProxies",
    ],
  ],
  [
    "a proxy that is no network",
    { "gateway.yaml": `${GATEWAY}listen: { trustedProxies: [proxy.example.org] }\n` },
    [
      'gateway.yaml:3:28 listen.trustedProxies[0]: Expected an IPv4 or IPv6 network such as 192.0.2.0/24: got "proxy.example.org"',
    ],
  ],
] as const;
for (const [name, files, expected] of problems) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.deepEqual(problemsOf(files), expected);
  });
}

const EXPIRED_ON =
  "The certificate expired on 2021-01-01T00:00:00.000Z | Renew it: clients will refuse it";
const warned = [
  ["certificates in order", LISTEN(`${TWO}, clientCaFile: both-ca.crt`), []],
  [
    "an expired certificate",
    LISTEN("cert: expired.crt, key: expired.key"),
    [`gateway.yaml:3:24 listen.tls.cert: ${EXPIRED_ON}`],
  ],
  [
    "an expired authority",
    LISTEN(`${TWO}, clientCaFile: old-ca.crt`),
    [`gateway.yaml:3:126 listen.tls.clientCaFile: ${EXPIRED_ON}`],
  ],
  [
    "an expired certificate for the store",
    UPSTREAM("clientCertificate: { cert: expired.crt, key: expired.key }"),
    [`gateway.yaml:1:75 upstream.clientCertificate.cert: ${EXPIRED_ON}`],
  ],
  [
    "a further certificate that names no host",
    LISTEN(
      "cert: nameless.crt, key: nameless.key, certificates: [{ cert: nameless.crt, key: nameless.key }]",
    ),
    [
      "gateway.yaml:3:80 listen.tls.certificates[0].cert: The certificate has no DNS name, so it is never chosen | Put it first, or give it a subjectAltName",
    ],
  ],
  [
    "proxies that are everybody",
    { "gateway.yaml": `${GATEWAY}listen: { trustedProxies: ["0.0.0.0/0", "::/0"] }\n` },
    ["IPv4", "IPv6"].map(
      (family) =>
        `gateway.yaml:3:27 listen.trustedProxies: Every ${family} address is trusted, so any client can forge its address | Name only the proxies in front of this gateway`,
    ),
  ],
  [
    "proxies that are everybody in halves",
    { "gateway.yaml": `${GATEWAY}listen: { trustedProxies: [0.0.0.0/1, 128.0.0.0/1] }\n` },
    [
      "gateway.yaml:3:27 listen.trustedProxies: Every IPv4 address is trusted, so any client can forge its address | Name only the proxies in front of this gateway",
    ],
  ],
] as const;
for (const [name, files, expected] of warned) {
  test(`parseConfig() warns of ${name}`, () => {
    assert.deepEqual(warningsOf(files), expected);
  });
}

test("parseConfig() returns the store's certificates as text", () => {
  const gateway = GATEWAY.replace(", store: ceph }", ", caFile: ca.crt, store: ceph }");
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
