import { setFlagsFromString } from "node:v8";

/**
 * The settings of V8 for a process that serves requests, each measured on the path of a small GET
 * (`npm run bench`). Node documents that settings may be changed while V8 runs, at one's own risk:
 * these four are looked up each time.
 *
 * - Pretenuring puts new objects among the old ones if earlier objects of that place in the code
 *   lived long. Requests that waited for a slow store teach it that. From then on a fifth of what
 *   each request makes stays until the next full collection, and keeps the rest of its request.
 * - A collection of young objects takes 0.3 ms. Threads that share it cost more than they save.
 * - The middle compiler (Maglev) works in threads, and other threads free its memory, which the
 *   allocator then keeps for nobody: 15 to 30 MB after the first seconds. So the main thread frees it.
 * - The old objects may grow by 40 % before a full collection; V8 would let a small heap grow to
 *   four times its size.
 *
 * Two settings cannot be changed here, so those who start the process give them (bin/s3warden.js,
 * deploy/): the room for young objects, `--max-semi-space-size`; and the threads that collect and
 * compile beside the main one, `--v8-pool-size`. Two do it as fast as four, and keep less memory;
 * with one, 10,000 idle connections keep 15 MB more.
 */
const SETTINGS: readonly string[] = [
  "--no-allocation-site-pretenuring",
  "--no-parallel-scavenge",
  "--no-maglev-destroy-on-background",
  "--heap-growing-percent=40",
];

/** Sets V8 up for serving. Called when the configuration is read, before the first request. */
export function setEngineUp(): void {
  for (const setting of SETTINGS) setFlagsFromString(setting);
}
