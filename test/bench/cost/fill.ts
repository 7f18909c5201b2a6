/** Returns `unit` repeated to `bytes` characters. */
export function repeated(unit: string, bytes: number): string {
  return unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
}

/** Returns `itemOf(0)`, `itemOf(1)`, … joined by `separator`, as many as fit into `bytes` bytes. */
export function listed(bytes: number, itemOf: (number: number) => string, separator = ","): string {
  const items: string[] = [];
  for (let length = 0, i = 0; ; i++) {
    const item = itemOf(i);
    length += item.length + separator.length;
    if (length > bytes) return items.join(separator);
    items.push(item);
  }
}
