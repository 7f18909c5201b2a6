import { resolve } from "node:path";

/**
 * Returns true if `path` is a name of a descriptor, such as `/dev/stdin` or what a shell makes of
 * `<(…)`. It stands for another file in each process, and often can be read only once. But another
 * process than the gateway reads its files, and each reload reads them again.
 */
export function isDescriptor(path: string): boolean {
  return DESCRIPTOR.test(resolve(path));
}

const DESCRIPTOR = /^\/(?:dev\/stdin|(?:dev|proc\/(?:thread-)?self)\/fd\/\d+)$/;
