import { scanMembers, skipSpace, type MemberSpan } from "@ocilayout/oci-types/authors";

/** An object in a JSON text. */
interface ObjectSpan {
  readonly members: readonly MemberSpan[];
  /** The position after the opening bracket, and that of the closing one. */
  readonly open: number;
  readonly close: number;
}

/**
 * Returns a JSON text with one member set, or removed. Every other byte stays as it is. Missing objects on the way are created,
 * and values that are not objects are replaced.
 *
 * @param text - A valid JSON object, which `JSON.parse` has accepted.
 * @param path - The names of the members that lead to the member, and its own.
 * @param value - A JSON text, or `undefined` to remove the member and its duplicates.
 */
export function setMember(text: string, path: readonly string[], value: string | undefined): string {
  return setBelow(text, 0, path, value, { unit: unitOf(text), depth: 0 });
}

/** How a text is indented. `unit` is `undefined` if it is on one line. */
interface Indent {
  readonly unit: string | undefined;
  readonly depth: number;
}

function setBelow(
  text: string,
  at: number,
  path: readonly string[],
  value: string | undefined,
  indent: Indent,
): string {
  const [key = "", ...rest] = path;
  const object = scanObject(text, at);
  // Of duplicates JSON.parse takes the last one.
  const member = object.members.findLast((candidate) => candidate.key === key);
  if (rest.length === 0) {
    if (value === undefined) return removeAll(text, object, key);
    return member === undefined
      ? insert(text, object, key, value, indent)
      : text.slice(0, member.valueStart) + value + text.slice(member.end);
  }
  if (member !== undefined && text[member.valueStart] === "{")
    return setBelow(text, member.valueStart, rest, value, { ...indent, depth: indent.depth + 1 });
  if (value === undefined) return text;
  const created =
    member === undefined
      ? insert(text, object, key, "{}", indent)
      : text.slice(0, member.valueStart) + "{}" + text.slice(member.end);
  return setBelow(created, at, path, value, indent);
}

function insert(
  text: string,
  { members, open, close }: ObjectSpan,
  key: string,
  value: string,
  { unit, depth }: Indent,
): string {
  const first = members[0];
  const last = members.at(-1);
  const space = unit === undefined ? "" : " ";
  const member = `${JSON.stringify(key)}:${space}${value}`;
  if (first !== undefined && last !== undefined)
    return `${text.slice(0, last.end)},${text.slice(open, first.start)}${member}${text.slice(last.end)}`;
  const line = (level: number): string => (unit === undefined ? "" : `\n${unit.repeat(level)}`);
  return `${text.slice(0, open)}${line(depth + 1)}${member}${line(depth)}${text.slice(close)}`;
}

function removeAll(text: string, { members, open, close }: ObjectSpan, key: string): string {
  const kept = members.filter((member) => member.key !== key);
  if (kept.length === members.length) return text;
  if (kept.length === 0) return text.slice(0, open) + text.slice(close);
  const separator = text.slice(members[0]?.end, members[1]?.start);
  const parts = kept.map(({ start, end }) => text.slice(start, end));
  return text.slice(0, members[0]?.start) + parts.join(separator) + text.slice(members.at(-1)?.end);
}

function scanObject(text: string, at: number): ObjectSpan {
  const start = skipSpace(text, at);
  const { spans, closing } = scanMembers(text, start);
  return { members: spans, open: start + 1, close: closing };
}

/** Returns the white space that indents the first member, or `undefined` if the text is on one line. */
function unitOf(text: string): string | undefined {
  if (!text.includes("\n")) return undefined;
  return /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1] ?? "\t";
}
