import { openForm, type FormFile, type FormLimits, type OpenForm } from "../../src/body/form.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import type { Fault } from "../../src/s3/faults.ts";

type WholeForm = {
  readonly fields: OpenForm["fields"];
  readonly file: FormFile & Pick<OpenForm, "filename" | "contentType">;
};

/** Reads a form's fields, and then its file as if the form had been allowed. */
export async function readForm(
  source: AsyncIterable<Buffer>,
  contentType: string,
  contentLength: number | undefined,
  limits: FormLimits,
): Promise<Result<WholeForm, Fault>> {
  const form = await openForm(source, contentType, contentLength, limits);
  if (!form.ok) return form;
  const { fields, filename, contentType: type } = form.value;
  const file = await form.value.file();
  return file.ok ? ok({ fields, file: { ...file.value, filename, contentType: type } }) : file;
}
