/** Browsers' forms for the engine: read off their bytes as the shell reads them, then `admit`. */

import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { openForm } from "../../src/body/form.ts";
import { BOUNDARY, multipart, signedPolicyParts, type Part } from "../support/forms.ts";
import type { Answer } from "./decide.ts";
import { answerOf, keyPairOf } from "./engine.ts";
import type { Asked, Form, World } from "./world.ts";

const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
/** What S3 takes of fields, and more than any file here. */
const LIMITS = { fieldBytesMax: 20_480, fileBufferBytesMax: 65_536 };

/** What `admit` says of a form, in the reference's words. */
export async function admittedForm(
  snapshot: Snapshot,
  world: World,
  asked: Asked & { readonly form: Form },
): Promise<Answer> {
  const body = Buffer.from(multipart(partsOf(world, asked)), "latin1");
  const form = await openForm(once(body), TYPE, body.length, LIMITS);
  if (!form.ok) throw new Error(form.error.code);
  const file = await form.value.file();
  if (!file.ok) throw new Error(file.error.code);
  const told = { form: form.value, fileBytes: file.value.length };
  return answerOf(snapshot, headOf(asked, body), asked, told);
}

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

function headOf({ bucket, headers, ip }: Asked, body: Buffer): RequestHead {
  const target = parseTarget(`/${bucket}`);
  if (!target.ok) throw new Error(target.error);
  const all = {
    host: "gateway.example.org",
    "content-type": TYPE,
    "content-length": `${body.length}`,
    ...headers,
  };
  return {
    method: "POST",
    target: target.value,
    headers: Object.entries(all).flat(),
    sourceAddress: ip,
    secure: false,
  };
}

/** The form as its page writes it and the holder of the key signed it, one character a byte. */
function partsOf(world: World, { as, form }: Asked & { readonly form: Form }): readonly Part[] {
  const { fields, policy, filename, bytes, behind = {} } = form;
  const pair = as === undefined ? undefined : keyPairOf(world, as);
  const withToken = (text: string): string => text.replaceAll("TOKEN", pair?.token ?? "");
  const signed =
    pair === undefined
      ? []
      : signedPolicyParts(
          pair,
          { timestamp: fields["x-amz-date"] ?? "" },
          withToken(JSON.stringify(policy)),
        );
  const proof = signed.filter(({ name }) => name === "policy" || name === "x-amz-signature");
  return [
    ...Object.entries(fields).map(([name, value]) => ({ name, value: withToken(value) })),
    ...proof,
    { name: "file", value: "x".repeat(bytes), filename },
    ...Object.entries(behind).map(([name, value]) => ({ name, value })),
  ].map((part) => ({ ...part, value: Buffer.from(part.value).toString("latin1") }));
}
