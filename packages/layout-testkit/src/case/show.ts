/** The longest string that is shown in full, in characters. Media types may differ only at their ends. */
const WHOLE = 80;

/** The longest content that is shown beside its size, in bytes. */
const WHOLE_CONTENT = 24;

/** The longest list that is shown in full, and the number of items shown at each end of a longer one. */
const WHOLE_LIST = 30;
const ENDS = 8;

/** Formats a value in one line. Digests, long strings and content are shortened. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? showObject(value) : String(value);
}

function shorten(text: string): string {
  const isDigest = /^[a-z0-9]+:[0-9a-f]{40,}$/.test(text);
  return isDigest || text.length > WHOLE ? `${text.slice(0, isDigest ? 19 : WHOLE - 1)}…` : text;
}

/** Formats an error with its name, code and message. */
export function showError(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string"
    ? `${error.name} ${code}: ${error.message}`
    : `${error.name}: ${error.message}`;
}

function showObject(value: object): string {
  if (value instanceof Error) return showError(value);
  if (value instanceof Uint8Array) return showBytes(value);
  if (value instanceof AbortSignal) return value.aborted ? "an aborted signal" : "a signal";
  if (Array.isArray(value)) return showList(value);
  if ("commit" in value && "write" in value) return `BlobWriter ${showMembers(pick(value, "id", "size"))}`;
  if ("bytes" in value && "descriptor" in value)
    return `BlobReader ${showMembers(pick(value, "descriptor"))}`;
  const name = className(value);
  if (Symbol.asyncIterator in value) return name === "Object" ? "an async iterable" : name;
  if (Symbol.iterator in value) return name === "Object" ? "an iterable" : name;
  return name === "Object" ? showMembers(value) : `${name} ${showMembers(value)}`;
}

function showList(list: readonly unknown[]): string {
  const items = (part: readonly unknown[]): string => part.map(show).join(", ");
  if (list.length <= WHOLE_LIST) return `[${items(list)}]`;
  return `[${items(list.slice(0, ENDS))}, … ${list.length - 2 * ENDS} more …, ${items(list.slice(-ENDS))}]`;
}

function showBytes(bytes: Uint8Array): string {
  const text = bytes.length > WHOLE_CONTENT ? "" : new TextDecoder().decode(bytes);
  return /^[\x20-\x7e]+$/.test(text) ? `${bytes.length} B ${JSON.stringify(text)}` : `${bytes.length} B`;
}

function showMembers(value: object): string {
  const members = Object.entries(value).filter(
    ([, member]) => member !== undefined && typeof member !== "function",
  );
  return members.length === 0
    ? "{}"
    : `{ ${members.map(([key, member]) => `${key}: ${show(member)}`).join(", ")} }`;
}

function pick(value: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(value, name)]));
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor: unknown };
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "Object";
}
