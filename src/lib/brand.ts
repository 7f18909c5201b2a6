declare const brand: unique symbol;

/**
 * `T`, marked at compile time as having passed the one function that mints `Name`.
 * Only that function may contain the cast.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
