import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  codeSaid,
  noReader,
  output,
  stepByStep,
  type OwnClient,
  type OwnSteps,
  type Place,
} from "./frame.ts";
import { installed } from "./installed.ts";
import { SHOWN } from "./snippets.ts";

const PROGRAM = installed("tofu", "bin/tofu");

type Key = { readonly accessKey: string; readonly secretKey: string };
type Where = Pick<Place, "bucket" | "endpoint" | "region">;

/** Returns the backend as docs/clients.md has it. It skips questions to AWS's other services. */
function backend({ bucket, endpoint, region }: Where): string {
  return `terraform {
  backend "s3" {
    bucket                      = "${bucket}"
    key                         = "lab/terraform.tfstate"
    region                      = "${region}"
    endpoints                   = { s3 = "${endpoint}" }
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
  }
}
`;
}

async function tofu(
  place: Place,
  args: readonly string[],
  key: Partial<Key> = {},
): Promise<string> {
  const { accessKey, secretKey } = { ...place, ...key };
  const env = {
    HOME: place.scratch,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_CA_BUNDLE: place.authority,
    CHECKPOINT_DISABLE: "1",
  };
  return (
    await output(PROGRAM.path, [...args, "-no-color"], { env, cwd: place.scratch })
  ).toString();
}

/** Writes the configuration with a further output, which an apply puts into the state. */
function write(place: Place, more: string): void {
  writeFileSync(join(place.scratch, "main.tf"), `${backend(place)}${more}`);
}

const applied = (place: Place, key?: Partial<Key>): Promise<string> =>
  tofu(place, ["apply", "-auto-approve", "-lock-timeout=0s"], key);
const readerOf = (place: Place): Key => ({
  accessKey: place.readerAccessKey,
  secretKey: place.readerSecretKey,
});

const STEPS: OwnSteps = {
  "begins with an empty state": async (place) => {
    write(place, 'output "animal" { value = "fox" }\n');
    await tofu(place, ["init", "-input=false"]);
    return {};
  },
  applies: async (place) => {
    await applied(place);
    return { said: await tofu(place, ["output", "-raw", "animal"]) };
  },
  "applies a change": async (place) => {
    write(place, 'output "animal" { value = "dog" }\n');
    await applied(place);
    return { said: await tofu(place, ["output", "-raw", "animal"]) };
  },
  "is kept out by a lock": async (place) => {
    // An apply within an apply: the outer one holds the lock, and the inner one does not wait for it.
    const held = 'resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n';
    const inner = `    command = "${PROGRAM.path} apply -auto-approve -lock-timeout=0s -no-color"
  }
}
`;
    write(place, held + inner);
    await applied(place);
    return {};
  },
  "reads with a reader's key": async (place) => ({
    said: (await tofu(place, ["state", "pull"], readerOf(place))).includes('"serial"'),
  }),
  "writes with a reader's key": async (place) => {
    write(place, 'output "animal" { value = "cat" }\n');
    await applied(place, readerOf(place));
    return {};
  },
  "uses a wrong secret": async (place) => {
    await tofu(place, ["state", "pull"], { secretKey: "wrong" });
    return {};
  },
  destroys: async (place) => {
    await tofu(place, ["destroy", "-auto-approve"]);
    return {};
  },
};

export const TOFU: OwnClient = {
  name: "tofu",
  title: "OpenTofu, its state and lock file",
  version: "1.12.6",
  snippet: { language: "hcl", text: backend(SHOWN) },
  byHand: true,
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "given",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/Error acquiring the state lock[\s\S]*(?:403|AccessDenied)/, "AccessDenied"],
      [/Error acquiring the state lock/, "locked"],
      [/SignatureDoesNotMatch|403/, "SignatureDoesNotMatch"],
    ]),
  ),
  steps: {
    "begins with an empty state": { ok: true },
    applies: { ok: true, said: "fox" },
    "applies a change": { ok: true, said: "dog" },
    "is kept out by a lock": { ok: false, code: "locked" },
    "reads with a reader's key": { ok: true, said: true },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    destroys: { ok: true },
  },
  differences: [noReader("reads with a reader's key")],
};
