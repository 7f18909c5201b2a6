/** What the gateway does today instead of what its table says. */
export type Wrong = {
  /** Status and code, as a row's `expected`; "none": the connection ends. Absent: as it should be. */
  readonly answer?: string;
  readonly reachesStore?: boolean;
  /** No access record is made, or not one that says what the client was told. */
  readonly record?: "missing";
};

/**
 * Cases that wait for the gateway's repair, by name. While one is here, the test "nothing is known
 * to be wrong" fails; when it is repaired, its own test fails until it is taken out.
 */
export const KNOWN_WRONG: ReadonlyMap<string, Wrong> = new Map<string, Wrong>([]);
