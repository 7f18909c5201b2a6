import assert from "node:assert/strict";

/**
 * Plays a person at the pages of an OpenID Connect provider, who fills in and sends each form: a
 * browser with cookies and without scripts.
 */

/**
 * Opens `url` and goes on until a page has no form. Returns that page. `choice`: values for a
 * form's fields.
 */
export async function answerForms(
  url: string,
  choices: Readonly<Record<string, string>>,
): Promise<string> {
  const cookies = new Map<string, string>();
  let page = await visit(url, cookies);
  for (let i = 0; i < FORMS_MAX; i++) {
    const form = formIn(page.text);
    if (form === undefined) return page.text;
    const fields = new URLSearchParams({ ...form.fields });
    for (const [name, value] of Object.entries(choices)) {
      if (page.text.includes(`name="${name}"`)) fields.set(name, value);
    }
    page = await visit(new URL(form.action, page.url).href, cookies, fields);
  }
  throw new Error(`There is no end of forms:\n${page.text}`);
}

const FORMS_MAX = 10;
const REDIRECTS_MAX = 10;

type Page = { readonly url: string; readonly text: string };

async function visit(
  url: string,
  cookies: Map<string, string>,
  fields?: URLSearchParams,
): Promise<Page> {
  let to = url;
  let body = fields;
  for (let i = 0; i < REDIRECTS_MAX; i++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = body === undefined ? "GET" : "POST";
    const answer = await fetch(to, {
      method,
      redirect: "manual",
      headers: { cookie },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of answer.headers.getSetCookie()) keep(cookies, line);
    const next = answer.headers.get("location");
    if (next === null) return { url: to, text: await answer.text() };
    to = new URL(next, to).href;
    body = undefined;
  }
  throw new Error(`There is no end of redirects: ${to}`);
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (name === undefined || value === undefined) return;
  if (value === "") cookies.delete(name);
  else cookies.set(name, value);
}

/** Returns the first form of a page, with its prefilled fields. */
function formIn(
  text: string,
): { readonly action: string; readonly fields: Readonly<Record<string, string>> } | undefined {
  const form = /<form\b[^>]*>[\s\S]*?<\/form>/.exec(text)?.[0];
  if (form === undefined) return undefined;
  const action = attribute(/<form\b[^>]*>/.exec(form)?.[0] ?? "", "action");
  assert.ok(action !== undefined, form);
  const fields: Record<string, string> = {};
  for (const [input] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, "name");
    if (name !== undefined) fields[name] = attribute(input, "value") ?? "";
  }
  return { action, fields };
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
}
