import { crc32c } from "@node-rs/crc32";

const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

export type V2Options = {
  readonly command?: number;
  readonly family?: number;
  readonly addresses?: Buffer;
  readonly fields?: Buffer;
  /** A length other than the true one of the rest. */
  readonly length?: number;
};

/**
 * Returns a header of version 2, by the bytes of section 2.2; without options for a client on IPv4.
 */
export function headerV2(options: V2Options = {}): Buffer {
  const { command = 0x21, family = 0x11, addresses = ipv4(), fields = Buffer.alloc(0) } = options;
  const head = Buffer.from([...SIGNATURE, command, family, 0, 0]);
  const body = Buffer.concat([addresses, fields]);
  head.writeUInt16BE(options.length ?? body.length, 14);
  return Buffer.concat([head, body]);
}

/** Returns the block of `source` and some destination, and two ports. */
export function ipv4(source = "198.51.100.7"): Buffer {
  return Buffer.from([...source.split(".").map(Number), 192, 0, 2, 1, 0x12, 0x67, 0x1f, 0x90]);
}

/** Returns the block of 2001:db8::7. */
export function ipv6(): Buffer {
  const address = Buffer.from("20010db8000000000000000000000007", "hex");
  return Buffer.concat([address, address, Buffer.from([0x12, 0x67, 0x1f, 0x90])]);
}

export function field(type: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Returns a header whose last field is the checksum of the whole. */
export function summedV2(options: V2Options = {}): Buffer {
  const { fields = Buffer.alloc(0) } = options;
  const empty = Buffer.concat([fields, field(3, Buffer.alloc(4))]);
  const header = headerV2({ ...options, fields: empty });
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}
