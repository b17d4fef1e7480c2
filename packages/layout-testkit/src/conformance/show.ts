/** The longest string that is shown whole. */
const WHOLE = 40;

/** A value as it is best read in a line: digests and contents cut short. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > WHOLE ? `${value.slice(0, 19)}…` : value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? showObject(value) : String(value);
}

/** What an error says, and by which code. */
export function showError(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? `${error.name} ${code}: ${error.message}` : `${error.name}: ${error.message}`;
}

function showObject(value: object): string {
  if (value instanceof Error) return showError(value);
  if (value instanceof Uint8Array) return `${value.length} B`;
  if (value instanceof AbortSignal) return value.aborted ? "an aborted signal" : "a signal";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if ("commit" in value && "write" in value) return `BlobWriter ${showMembers(pick(value, "id", "size"))}`;
  if ("bytes" in value && "descriptor" in value) return `BlobReader ${showMembers(pick(value, "descriptor"))}`;
  if (Symbol.asyncIterator in value || Symbol.iterator in value) return className(value);
  const name = className(value);
  return name === "Object" ? showMembers(value) : `${name} ${showMembers(value)}`;
}

function showMembers(value: object): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== "function");
  return members.length === 0 ? "{}" : `{ ${members.map(([key, member]) => `${key}: ${show(member)}`).join(", ")} }`;
}

function pick(value: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(value, name)]));
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor: unknown };
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "Object";
}
