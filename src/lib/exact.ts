/**
 * Returns the same items in an array without room for more. An array that was filled by `push()`,
 * `filter()` or `flatMap()` has room for 16 of them, which is most of what a hundred thousand short
 * lists take.
 */
export function exact<T>(items: readonly T[]): readonly T[] {
  return items.slice();
}
