import { encodeComponent } from "../http/percent.ts";
import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Address } from "./address.ts";
import {
  extensionNamed,
  isListOfWatch,
  isUnderstood,
  NO_EXTENSIONS,
  watchedBy,
} from "./extensions.ts";
import { argument, awsFault, fault, unknownName, type Fault } from "./faults.ts";
import { headerValueOf, isLiftable, isPresignedChecksum } from "./lifted-headers.ts";
import {
  OPERATION_LIST,
  operationNamed,
  type Operation,
  type OperationName,
  type RequiredParameter,
} from "./operations.ts";
import { wrongCondition, wrongParameterValue } from "./said-values.ts";
import { foldedName, isVendorsFolded, refusedHeader, vendorParameter } from "./vendor.ts";

/** Above any real request; bounds the search for repeated names. */
const PARAMETERS_MAX = 100;

/**
 * Parameters that belong to the signature ("Authenticating requests: using query parameters", and
 * the same for SigV2) or, `x-id`, to the SDK's own tracing. They are neither the operation's nor
 * the store's. Exactly in this case: any other spelling is an unknown parameter.
 */
const NOT_THE_OPERATIONS: ReadonlySet<string> = new Set([
  "AWSAccessKeyId",
  "Expires",
  "Signature",
  "X-Amz-Algorithm",
  "X-Amz-Content-Sha256",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
  "x-amz-security-token",
  "x-id",
]);

/** The additions to S3's own model that are let pass. */
export type Understood = {
  /** Unknown `x-amz-*` headers, in lower case, that reach no store: `policy.ignoredHeaders`. */
  readonly ignoredHeaders: ReadonlySet<string>;
  /**
   * True if the store answers part numbers beyond S3's, and a deletion of no keys: see StoreTraits.
   */
  readonly beyondBounds: boolean;
  /** The store's additions to S3: see extensions.ts. */
  readonly extensions: ReadonlySet<string>;
  /** Set once a request was found to listen to a bucket. */
  readonly watching?: boolean;
};

const S3_ALONE: Understood = {
  ignoredHeaders: new Set(),
  beyondBounds: false,
  extensions: NO_EXTENSIONS,
};

/** An operation with its answer made once, so that the usual request allocates nothing. */
type Candidate = { readonly operation: Operation; readonly answer: Result<OperationName, Fault> };

/** The candidates by routing parameter; "" if none routes. The most demanding first. */
type Routes = ReadonlyMap<string, readonly Candidate[]>;

/** The operations by level, then by method. */
const ROUTES: ReadonlyMap<string, ReadonlyMap<string, Routes>> = buildRoutes();
/** The levels at which each routing parameter is known. */
const ROUTING_LEVELS: ReadonlyMap<string, ReadonlySet<string>> = buildRoutingLevels();
const PREFLIGHT_ROW = operationNamed("Preflight");
const PREFLIGHT = ok(PREFLIGHT_ROW.name);

/**
 * Returns the one operation of the table that `method`, `address`, `query` and `headers` ask for:
 * by the parsed query as a whole, in any order. Refuses whatever could make two readers choose
 * differently:
 *
 * - a repeated name, two routing parameters, or a subresource at the wrong level;
 * - an unknown parameter, a vendor's extension, or an unknown `x-amz-*` header;
 * - a repeated header that decides something.
 *
 * `understood`: the exceptions that pass. Errors: InvalidArgument, InvalidRequest,
 * MethodNotAllowed, NotImplemented.
 */
export function classify(
  method: string,
  address: Address,
  query: readonly QueryParameter[],
  headers: HeaderList,
  understood: Understood = S3_ALONE,
): Result<OperationName, Fault> {
  const refused = refusedHeader(headers, understood.ignoredHeaders);
  if (refused !== undefined) return err(refused);
  if (method === "OPTIONS") return preflight(headers);
  const watched =
    method === "GET" && address.kind === "bucket" && query.length > 0
      ? watchedBy(understood.extensions, query)
      : undefined;
  const bad = query.length === 0 ? undefined : malformedQuery(query, watched !== undefined);
  if (bad !== undefined) return err(bad);
  const routing = routingParameter(query);
  if (!routing.ok) return routing;
  if (watched !== undefined && routing.value === "") {
    const operation = operationNamed(watched);
    const wrong = wrongFor(operation, query, headers, { ...understood, watching: true });
    return wrong === undefined ? ok(watched) : err(wrong);
  }
  const candidates = ROUTES.get(address.kind)?.get(method)?.get(routing.value);
  if (candidates === undefined) return err(noOperation(method, address, routing.value));
  const chosen = candidates.find((candidate) => fits(candidate.operation, query, headers));
  if (chosen === undefined) return err(incomplete(candidates, query, headers));
  const wrong = wrongFor(chosen.operation, query, headers, understood);
  return wrong === undefined ? chosen.answer : err(wrong);
}

/**
 * The query string that `operation` is asked for with: only its own parameters and extensions, sorted
 * and encoded as SigV4's canonical query wants them, so that one string is both signed and sent. Flags
 * are written `acl=`, which stores treat as `acl`. Empty, or without a leading `?`.
 */
export function forwardedQuery(operation: OperationName, query: readonly QueryParameter[]): string {
  if (query.length === 0) return "";
  const { parameters } = operationNamed(operation);
  return query
    .filter(({ name }) => parameters.has(name) || extensionNamed(operation, name) !== undefined)
    .map(({ name, value }) => [name, encodeComponent(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${encodeComponent(name)}=${value}`)
    .join("&");
}

/** Compares by code unit, as canonical queries are sorted. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function preflight(headers: HeaderList): Result<OperationName, Fault> {
  const wrong = foreignHeader(PREFLIGHT_ROW, headers);
  if (wrong !== undefined) return err(wrong);
  if (hasHeader(headers, "origin") && hasHeader(headers, "access-control-request-method")) {
    return PREFLIGHT;
  }
  return err(
    fault(
      "InvalidRequest",
      "A preflight request needs the headers Origin and Access-Control-Request-Method",
    ),
  );
}

/**
 * Returns the fault of a query that is malformed for every operation. `watching`: it listens to a
 * bucket.
 */
function malformedQuery(query: readonly QueryParameter[], watching: boolean): Fault | undefined {
  if (query.length > PARAMETERS_MAX) {
    return fault("InvalidRequest", `The query has more than ${PARAMETERS_MAX} parameters`);
  }
  for (const [i, { name, value }] of query.entries()) {
    if (value.includes("\0")) {
      return fault("InvalidArgument", "The query must not contain NUL");
    }
    if (watching && isListOfWatch(name)) continue;
    // AWS takes the first of two values, many stores the last.
    for (let earlier = 0; earlier < i; earlier++) {
      if (query[earlier]?.name === name) {
        return fault("InvalidArgument", `The query parameter "${name}" must not be repeated`);
      }
    }
  }
  return undefined;
}

const NO_ROUTING = ok("");

/** The one routing parameter; "" if there is none. */
function routingParameter(query: readonly QueryParameter[]): Result<string, Fault> {
  let found = "";
  for (const { name } of query) {
    if (!ROUTING_LEVELS.has(name)) continue;
    // Stores disagree on which of two wins: one would be judged and the other executed.
    if (found !== "") {
      return err(
        fault(
          "InvalidArgument",
          `The query parameters "${found}" and "${name}" exclude each other`,
        ),
      );
    }
    found = name;
  }
  return found === "" ? NO_ROUTING : ok(found);
}

const LEVEL_NAMES = { service: "the service", bucket: "a bucket", object: "an object" } as const;

function noOperation(method: string, address: Address, routing: string): Fault {
  const levels = ROUTING_LEVELS.get(routing);
  if (method === "GET" && routing === "uploads" && address.kind === "object") {
    return awsFault("KeyUnexpected", { values: [method, routing] });
  }
  // HEAD of a subresource is what some stores answer as a HEAD of the thing itself.
  if (method === "HEAD" || levels === undefined || levels.has(address.kind)) {
    const what = routing === "" ? LEVEL_NAMES[address.kind] : `the subresource "${routing}"`;
    const elements = [
      ["Method", method],
      ["ResourceType", routing === "" ? address.kind.toUpperCase() : routing.toUpperCase()],
    ] as const;
    const why = `The method "${method}" is not allowed on ${what}`;
    return awsFault("MethodNotAllowed", { elements, why });
  }
  if (address.kind === "object") return awsFault("NotOfKeys", { values: [routing] });
  return fault(
    "InvalidArgument",
    `The query parameter "${routing}" does not belong to ${LEVEL_NAMES[address.kind]}`,
  );
}

/** Returns true if the request has everything that `operation` demands. */
function fits(
  operation: Operation,
  query: readonly QueryParameter[],
  headers: HeaderList,
): boolean {
  if (operation.header !== undefined && !hasHeader(headers, operation.header)) return false;
  for (const { name } of operation.required) {
    if (!query.some((parameter) => parameter.name === name)) return false;
  }
  return true;
}

/** Returns the error if no candidate fits: it names the missing part of the least demanding one. */
function incomplete(
  candidates: readonly Candidate[],
  query: readonly QueryParameter[],
  headers: HeaderList,
): Fault {
  const operation = candidates.at(-1)?.operation;
  if (operation?.header !== undefined && !hasHeader(headers, operation.header)) {
    return fault("InvalidArgument", `The request needs the header "${operation.header}"`);
  }
  const missing = operation?.required.find(
    ({ name }) => !query.some((parameter) => parameter.name === name),
  );
  return fault("InvalidArgument", `The request needs the query parameter "${missing?.name}"`);
}

/** Returns the fault that rules out `operation`, although its routing fits. */
function wrongFor(
  operation: Operation,
  query: readonly QueryParameter[],
  headers: HeaderList,
  understood: Understood,
): Fault | undefined {
  for (const parameter of query) {
    const wrong = wrongParameter(operation, parameter, headers, understood);
    if (wrong !== undefined) return wrong;
  }
  const foreign = foreignHeader(operation, headers) ?? wrongConditionIn(operation, headers);
  if (foreign !== undefined) return foreign;
  if (operation.body === "form" && !isMultipartForm(firstValue(headers, "content-type"))) {
    const condition = "Bucket POST must be of the enclosure-type multipart/form-data";
    return awsFault("PreconditionFailed", { elements: [["Condition", condition]] });
  }
  return undefined;
}

/** A header that would make another operation of this one, at a store that looks at it first. */
function foreignHeader(operation: Operation, headers: HeaderList): Fault | undefined {
  const header = ROUTING_HEADERS.find(
    (routing) => operation.header !== routing && hasHeader(headers, routing),
  );
  if (header === undefined) return undefined;
  const why = `The header "${header}" does not belong to ${operation.name}`;
  if (header !== "x-amz-copy-source") return fault("InvalidArgument", why);
  const value = firstValue(headers, header) ?? "";
  return awsFault("CopySourceForeign", { elements: argument(header, value), why });
}

/** The operations that make an object visible, and so can be asked not to replace one. */
const CONDITIONED: ReadonlySet<OperationName> = new Set<OperationName>([
  "CompleteMultipartUpload",
  "CopyObject",
  "PutObject",
]);

function wrongConditionIn({ name }: Operation, headers: HeaderList): Fault | undefined {
  if (!CONDITIONED.has(name)) return undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const header = headers[i];
    if (header !== "if-match" && header !== "if-none-match") continue;
    const wrong = wrongCondition(header, headers[i + 1] ?? "");
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const ROUTING_HEADERS = [
  ...new Set(OPERATION_LIST.map(({ header }) => header).filter((header) => header !== undefined)),
];

/** Returns true for a multipart form. Media types ignore case (RFC 9110 section 8.3.1). */
function isMultipartForm(contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";", 1)[0] ?? "";
  return type.trim().toLowerCase() === "multipart/form-data";
}

function wrongParameter(
  operation: Operation,
  parameter: QueryParameter,
  headers: HeaderList,
  { beyondBounds, extensions, watching = false }: Understood,
): Fault | undefined {
  const { name, value } = parameter;
  if (operation.parameters.has(name)) {
    const required = operation.required.find((candidate) => candidate.name === name);
    const wrong = required && wrongValue(required, value);
    return wrong ?? wrongParameterValue(name, value, beyondBounds && required !== undefined);
  }
  if (NOT_THE_OPERATIONS.has(name)) return undefined;
  const extension = extensionNamed(operation.name, name);
  if (extension !== undefined && isUnderstood(extensions, operation.name, name)) {
    if (extension.ofWatch !== true || watching) {
      return extension.values.test(value) ? undefined : wrongExtension(name, value);
    }
  }
  // A header that a presigned URL carries in its query counts once it stands among the headers.
  const header = name.toLowerCase();
  if (isLiftable(header) && firstValue(headers, header) === headerValueOf(value)) return undefined;
  if (isPresignedChecksum(header)) return undefined;
  const vendors = vendorParameter(name);
  if (vendors !== undefined) return vendors;
  if (name === "partNumber" && operation.name === "PutObject") {
    return awsFault("PartNumberAlone", { elements: argument(name, value) });
  }
  return isLeftOut(operation, name) ? undefined : unknownParameter(operation, name);
}

/**
 * Operations whose unknown parameters are left out of what the store gets, as AWS ignores them: links
 * in browsers have `?v=1` and `utm_source`, and S3 itself appends `bucket`, `key` and `etag` to
 * `success_action_redirect`. AWS ignores them with every operation. Elsewhere they stay refused: a
 * parameter that nobody knows today can be a subresource of tomorrow, and without it a PUT would
 * overwrite the object, a DELETE delete it, and a GET of a bucket show a list that its client takes
 * for something else. Here the worst is the object, which its caller may read.
 */
const LENIENT: ReadonlySet<OperationName> = new Set<OperationName>(["GetObject", "HeadObject"]);

/**
 * Returns true if the parameter `name`, neither the operation's nor a vendor's, is left out. False
 * if some reader could take it for a parameter that has a meaning: `ACL`, `version-id`, `acl%20`.
 */
function isLeftOut({ name: operation }: Operation, name: string): boolean {
  if (name === "" || !LENIENT.has(operation)) return false;
  const folded = foldedName(name);
  return (
    !MEANT.has(folded) &&
    !isVendorsFolded(folded) &&
    !MEANT_PREFIXES.some((prefix) => folded.startsWith(prefix))
  );
}

/**
 * The names that have a meaning by themselves: parameters that route, that an operation takes, or
 * that belong to a signature. Names that only a routing parameter gives a meaning are not in it,
 * such as the `id` of `?analytics`.
 */
const MEANT: ReadonlySet<string> = new Set(
  [
    ...NOT_THE_OPERATIONS,
    ...OPERATION_LIST.flatMap(({ parameters, required }) =>
      [...parameters].filter((name) => !required.slice(1).some((second) => second.name === name)),
    ),
  ].map(foldedName),
);
const MEANT_PREFIXES = ["response", "xamz"] as const;

function wrongExtension(name: string, value: string): Fault {
  const message = `The query parameter "${name}" has a value that is not served: got "${value}"`;
  return fault("InvalidArgument", message, { elements: argument(name, value) });
}

function unknownParameter(operation: Operation, name: string): Fault {
  const message = `The query parameter "${name}" does not belong to ${operation.name}`;
  return unknownName("parameter", name, fault("InvalidArgument", message));
}

function wrongValue(required: RequiredParameter, value: string): Fault | undefined {
  const good = required.value === undefined ? value !== "" : value === required.value;
  if (good) return undefined;
  const { name } = required;
  if (required.value === undefined) {
    // RGW runs DELETE ?uploadId= as DeleteObject: an empty value does not route there.
    return fault("InvalidArgument", `The query parameter "${name}" must not be empty`);
  }
  return fault(
    "InvalidArgument",
    required.value === ""
      ? `The query parameter "${name}" takes no value: got "${value}"`
      : `The query parameter "${name}" must be "${required.value}": got "${value}"`,
  );
}

function buildRoutes(): ReadonlyMap<string, ReadonlyMap<string, Routes>> {
  const levels = new Map<string, Map<string, Map<string, Candidate[]>>>();
  for (const operation of OPERATION_LIST) {
    const methods = levels.get(operation.level) ?? new Map<string, Map<string, Candidate[]>>();
    const routes = methods.get(operation.method) ?? new Map<string, Candidate[]>();
    const routing = operation.required[0]?.name ?? "";
    const candidates = routes.get(routing) ?? [];
    candidates.push({ operation, answer: Object.freeze(ok(operation.name)) });
    candidates.sort((a, b) => demands(b.operation) - demands(a.operation));
    levels.set(operation.level, methods.set(operation.method, routes.set(routing, candidates)));
  }
  return levels;
}

/** Returns the number of an operation's demands: the operation with more is tried first. */
function demands(operation: Operation): number {
  return operation.required.length + (operation.header === undefined ? 0 : 1);
}

function buildRoutingLevels(): ReadonlyMap<string, ReadonlySet<string>> {
  const routing = new Map<string, Set<string>>();
  for (const { required, level } of OPERATION_LIST) {
    const name = required[0]?.name;
    if (name !== undefined) routing.set(name, (routing.get(name) ?? new Set()).add(level));
  }
  return routing;
}
