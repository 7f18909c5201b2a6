import type { Explained } from "../reasons.ts";

/** What survives of signature/ and was looked at: it needs no test. */
export const OF_SIGNATURE: Readonly<Record<string, readonly Explained[]>> = {
  "signature/amz-date.ts": [
    ['return TWO_DIGITS[number] ?? "";', 1, "unreachable"],
    [
      'const [, day = "", month = "", year = "", time = ""] = HTTP_DATE.exec(text) ?? [];',
      5,
      "same",
    ],
    ["if (number === 0) return undefined;", 1, "same"],
  ],
  "signature/authorization.ts": [
    [
      "if (known?.rules === rules && known.signedHeaders.length <= namesMax(headers)) {",
      1,
      "speed",
    ],
    ["for (let from = 0; from <= text.length && count <= COMPONENTS;) {", 1, "speed"],
    ["const end = comma < 0 ? text.length : comma;", 1, "same"],
    [
      "if (mark < 0) return badAuthorization(filledIn(CREDENTIAL_PROBLEMS.component, [component]));",
      1,
      "words",
    ],
  ],
  "signature/canonical.ts": [
    ['if (query.length === 0) return "";', 1, "speed"],
    ["if (except !== undefined && name.toLowerCase() === except) continue;", 1, "speed"],
    [
      "if (pairs.length > 1) pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));",
      2,
      "speed",
    ],
    ["return a < b ? -1 : 1;", 1, "same"],
    ["if (names.length * headers.length <= SCANNED_MAX) {", 6, "speed"],
    ['let text = names[0] ?? "";', 1, "unreachable"],
    ["for (let i = 0; i < headers.length; i += 2) {", 2, "same"],
    ['const name = headers[i] ?? "";', 1, "unreachable"],
    ['const value = collapseSpaces(headers[i + 1] ?? "");', 2, "unreachable"],
    ["const SPACES_TO_COLLAPSE = /^ | $| {2}/;", 3, "speed"],
    [
      '!value.includes("\\t") && (!value.includes(" ") || !SPACES_TO_COLLAPSE.test(value));',
      4,
      "speed",
    ],
    ["if (isSimple) return value;", 1, "speed"],
  ],
  "signature/claim.ts": [
    ['if (payload.value.kind !== "chunked" || !payload.value.signed) {', 1, "same"],
  ],
  "signature/hmac.ts": [
    [
      "const isUsual = computed.length === DIGITS && Buffer.byteLength(computed) === DIGITS;",
      3,
      "speed",
    ],
    ["if (!isUsual || claimed.length !== DIGITS) {", 1, "speed"],
    ["const DIGITS = 2 * DIGEST_BYTES;", 1, "speed"],
    ['const bytes = typeof text === "string" ? Buffer.byteLength(text) : text.length;', 1, "same"],
    [
      "const whole = bytes <= TEXT_ROOM ? inner.subarray(0, BLOCK_BYTES + bytes) : withPad(inner, bytes);",
      2,
      "speed",
    ],
    [
      'else if (bytes === text.length) whole.write(text, BLOCK_BYTES, bytes, "latin1");',
      2,
      "speed",
    ],
    ["const isAscii = Buffer.byteLength(text) === text.length;", 1, "speed"],
  ],
  "signature/key-ring.ts": [
    ['#timestamp = "";', 1, "unreachable"],
    ["const second = Math.floor(ms / 1000);", 1, "speed"],
    ["if (second !== this.#second) {", 1, "speed"],
    ["for (const derived of known ?? []) {", 1, "same"],
    ["const others = (known ?? []).slice(0, SCOPES_MAX - 1);", 1, "same"],
  ],
  "signature/post-policy.ts": [
    ['const madeMs = parseAmzDate(fields.get("x-amz-date") ?? "");', 1, "same"],
    ["if (madeMs !== undefined && madeMs - nowMs > rules.clockSkewMs) {", 1, "same"],
    [
      'if (first?.kind !== "string" || second?.kind !== "string") return err(FORM_POLICY_PROBLEMS.json);',
      2,
      "unreachable",
    ],
    [
      'return ok({ kind, field: "", value: second.text, text: textOf(kind, first.text, second.text) });',
      1,
      "same",
    ],
    [
      'const written = node?.kind === "number" || (node?.kind === "string" && DIGITS.test(node.text));',
      3,
      "same",
    ],
    ["const ISO_TIME = /^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?Z$/;", 2, "same"],
  ],
  "signature/presign.ts": [
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    ['const name = headers[i] ?? "";', 1, "unreachable"],
  ],
  "signature/sign.ts": [
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    ['const name = headers[i] ?? "";', 1, "unreachable"],
    ["function isSorted(names: readonly string[]): boolean {", 1, "speed"],
    [
      'for (let i = 1; i < names.length; i++) if ((names[i - 1] ?? "") > (names[i] ?? "")) return false;',
      7,
      "speed",
    ],
    ["return true;", 1, "speed"],
  ],
  "signature/signature-faults.ts": [
    ['export const NOBODYS_SECRET = "the secret of no key";', 1, "same"],
    ["for (let i = 0; i < bytes.length; i++) {", 1, "same"],
  ],
  "signature/v2-claim.ts": [
    ['const dateText = amzDate ?? firstValue(head.headers, "date") ?? "";', 1, "same"],
    [
      'if (!payload.ok || payload.value.kind !== "chunked" || !payload.value.signed) return payload;',
      1,
      "same",
    ],
  ],
  "signature/v2-resource.ts": [
    ['if (SIGNED.has(name) && value.includes("&") && namesSigned(value)) return name;', 1, "speed"],
    ['return further.some((piece) => SIGNED.has(piece.split("=", 1)[0] ?? ""));', 1, "unreachable"],
    [
      'return value === "" ? name : `${name}=${Buffer.from(value, "utf8").toString("latin1")}`;',
      1,
      "same",
    ],
  ],
  "signature/v2-verify.ts": [
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    ['const name = headers[i] ?? "";', 1, "unreachable"],
    ['if (name.startsWith("x-amz-")) fields.push(name, headers[i + 1] ?? "");', 1, "unreachable"],
  ],
  "signature/v4-claim.ts": [
    ['const names = HEADER_NAMES.test(text) ? text.split(";") : [];', 1, "same"],
    ["if (names.length > FEW_NAMES) return new Set(names).size === names.length;", 4, "speed"],
    [
      'for (let at = text.indexOf(";"); at >= 0 && names <= max; at = text.indexOf(";", at + 1)) {',
      2,
      "same",
    ],
    ["const few = signedHeaders.length <= FEW_NAMES;", 4, "speed"],
    ["for (let i = 0; i < headers.length; i += 2) {", 2, "same"],
    ['const name = headers[i] ?? "";', 2, "unreachable"],
    ["if (repeated.size === 0) return ok(undefined);", 1, "speed"],
    ["if (headers.length <= FEW && !repeatsAny(headers)) return NONE;", 4, "speed"],
    ["for (let i = 2; i < headers.length; i += 2) {", 1, "speed"],
    [
      "for (let earlier = 0; earlier < i; earlier += 2) if (headers[earlier] === name) return true;",
      2,
      "speed",
    ],
    ["return false;", 1, "speed"],
  ],
  "signature/v4-form.ts": [
    [
      'const [algorithm = "", credentialText = "", date = "", signature = ""] = V4_FIELDS.map((name) =>',
      4,
      "unreachable",
    ],
  ],
  "signature/v4-header.ts": [
    ["known === undefined", 1, "speed"],
    ['const text = uniqueValue(head.headers, name) ?? "";', 1, "same"],
    ["if (timeMs !== undefined) timestamp = amzDate(timeMs);", 1, "same"],
  ],
  "signature/v4-query.ts": [
    [
      'const covered = checkCoverage(head.headers, signing.value.signedHeaders, "query");',
      1,
      "same",
    ],
    [
      'const value = (name: (typeof REQUIRED)[number]): string => parameters.get(name) ?? "";',
      1,
      "unreachable",
    ],
  ],
  "signature/v4-verify.ts": [
    ["if (!matches) {", 1, "speed"],
    ['const unsigned = claim.via === "query" ? SIGNATURE_PARAMETER : undefined;', 1, "same"],
    ['for (const host of otherPorts(firstValue(head.headers, "host") ?? "")) {', 1, "unreachable"],
    ["return encoded === path ? [path] : [path, encoded];", 1, "speed"],
    ["if (hosts.length === 0 || checkTime(claim, context) !== undefined) return [];", 1, "speed"],
    ["return /:\\d+$/.test(host) ? [] : [`${host}:443`, `${host}:80`];", 4, "same"],
  ],
};
