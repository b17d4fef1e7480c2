import fc from "fast-check";

/** Texts that have broken JSON parsers. */
const nasty: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "manifests",
  "\\u006danifests",
  "schemaVersion",
  "\ud800",
  '\\"',
  "\\\\",
  "\u0000",
  "\u2028",
  "\ufeff",
];

const space = fc.constantFrom("", "", "", " ", "\n", "\r\n", "\t", "  ");

const number = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "1",
    "-1",
    "1.0",
    "1e2",
    "1E+2",
    "9007199254740993",
    "1e400",
    "-1e400",
    "0.1e-400",
    "99999999999999999999",
  ),
  fc.integer().map(String),
);

const string = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(...nasty).map(quote),
);

function quote(text: string): string {
  return text.startsWith("\\") ? `"${text}"` : JSON.stringify(text);
}

/** JSON as people and tools write it: any white space, any order, duplicate members. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; array: string; object: string }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      number,
      string,
      fc.constantFrom("true", "false", "null"),
      tie("array"),
      tie("object"),
    ),
    array: fc
      .tuple(fc.array(fc.tuple(space, tie("value"), space), { maxLength: 4 }), space)
      .map(([items, gap]) => `[${items.map((it) => it.join("")).join(",") || gap}]`),
    object: fc
      .tuple(fc.array(fc.tuple(space, string, space, space, tie("value"), space), { maxLength: 4 }), space)
      .map(
        ([members, gap]) =>
          `{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(",") || gap}}`,
      ),
  }),
).value;

/** Changes, removes, adds or repeats a few characters of `text`. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(20),
    fc.oneof(
      fc.constantFrom("", "{", "}", "[", "]", ",", ":", '"', "\\", "0", "null", "e", "-", ...nasty),
      fc.string({ maxLength: 3 }),
    ),
  );
  return fc.tuple(text, fc.array(edit, { maxLength: 3 })).map(([original, edits]) =>
    edits.reduce((current, [place, length, insert]) => {
      const at = place % (current.length + 1);
      return current.slice(0, at) + insert + current.slice(at + length);
    }, original),
  );
}
