/** A document made to cost its reader as much as its bytes allow: `size` bytes, or a few more. */
export type HostileXml = {
  readonly name: string;
  /** `root`: the name of the operation's root element. */
  readonly of: (root: string, size: number) => string;
};

const MANY = 1 << 30;

/** Returns `<root>` around as many of `unit` as fill `size` bytes. */
function filled(root: string, size: number, unit: string, most = MANY): string {
  const count = Math.min(most, Math.ceil(size / unit.length));
  return `<${root}>${unit.repeat(count)}</${root}>`;
}

function attributes(size: number, nameOf: (i: number) => string): string {
  const pieces: string[] = [];
  for (let i = 0, length = 0; length < size; i++) {
    const attribute = ` ${nameOf(i)}=""`;
    pieces.push(attribute);
    length += attribute.length;
  }
  return pieces.join("");
}

export const HOSTILE_XML: readonly HostileXml[] = [
  { name: "elements", of: (root, size) => filled(root, size, "x<a/>") },
  { name: "attributes", of: (root, size) => `<${root}${attributes(size, (i) => `a${i}`)}/>` },
  {
    name: "attributes, one an element",
    of: (root, size) => filled(root, size, '<a b="c"/>'),
  },
  { name: "entities", of: (root, size) => filled(root, size, "&amp;") },
  { name: "character references", of: (root, size) => filled(root, size, "&#x61;") },
  {
    name: "nesting",
    of: (root, size) => {
      const depth = Math.ceil(size / 7);
      return `<${root}>${"<a>".repeat(depth)}${"</a>".repeat(depth)}</${root}>`;
    },
  },
  {
    name: "100,000 objects",
    of: (root, size) => filled(root, size, "<Object><Key>k</Key></Object>", 100_000),
  },
  { name: "rules", of: (root, size) => filled(root, size, "<Rule><ID>1</ID></Rule>") },
  { name: "text", of: (root, size) => filled(root, size, "some text ") },
  { name: "white space", of: (root, size) => filled(root, size, " ") },
  { name: "line breaks", of: (root, size) => filled(root, size, "\r\n\r") },
  { name: "CDATA splinters", of: (root, size) => filled(root, size, "<![CDATA[x]]>") },
  { name: "CDATA", of: (root, size) => `<${root}><![CDATA[${"]".repeat(size)}]]></${root}>` },
  { name: "comments", of: (root, size) => filled(root, size, "<!---->") },
  { name: "one comment", of: (root, size) => `<!--${"- ".repeat(size / 2)}--><${root}/>` },
  { name: "a long name", of: (root, size) => `<${root}><${"a".repeat(size)}/></${root}>` },
  { name: "a long value", of: (root, size) => `<${root} a="${"&lt;".repeat(size / 4)}"/>` },
  { name: "spaces in a tag", of: (root, size) => `<${root}${" ".repeat(size)}/>` },
  { name: "openings", of: (_, size) => "<".repeat(size) },
  {
    name: "a DTD",
    of: (root, size) => `<!DOCTYPE ${root} [${"<!---->".repeat(size / 7)}]><${root}/>`,
  },
  {
    name: "a processing instruction",
    of: (root, size) => `<?x ${"? ".repeat(size / 2)}?><${root}/>`,
  },
  { name: "letters of four bytes", of: (root, size) => filled(root, size / 2, "😀") },
];
