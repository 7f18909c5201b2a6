import { Client, Pool, type Dispatcher } from "undici";

/**
 * Returns undici's `Pool` that survives requests which undici refuses. If a client of the pool
 * cannot take a request (a header name that is no token, for one), undici reports that to the
 * request's handler and then has the pool wait until that client is free again. It waits for ever,
 * since the client never began anything that could end. So each such request costs the pool one
 * connection.
 */
export function soundPool(origin: string, options: Pool.Options): Pool {
  return new Pool(origin, {
    ...options,
    factory: (to, clientOptions) => new SoundClient(to, clientOptions),
  });
}

class SoundClient extends Client {
  /** Returns true if it takes another request at once; if not, it emits `drain` when it does. */
  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (super.dispatch(options, handler)) return true;
    // With nothing in it there is nothing to wait for. One that is closed takes no more.
    return this.stats.size === 0 && !this.closed && !this.destroyed;
  }
}
