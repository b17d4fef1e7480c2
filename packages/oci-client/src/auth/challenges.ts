/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** The scheme, in lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** The parameters; names in lower case. Of duplicates the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The maximum length of all headers of a response together, in characters. Headers beyond it are ignored. */
const MAX_LENGTH = 16 * 1024;

/** The maximum number of challenges, and of parameters in one challenge. More are ignored. */
const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 16;

const TOKEN = /[!#$%&'*+.^`|~\w-]+/y;
const SPACE = /[ \t]+/y;
const GAP = /[ \t,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
/** The credentials-like form without parameters. The end is checked apart. */
const TOKEN68 = /[\w\-.~+/]+=*/y;
/** The specification has only tokens here. Registries also send addresses without quotes. */
const UNQUOTED = /[^\s,"]*/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)"?/y;

/**
 * Parses the `WWW-Authenticate` headers of a response. Never fails: what is malformed is skipped or ends the list.
 *
 * @param headers - The values of the headers, each with any number of challenges.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1}
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let left = MAX_LENGTH;
  for (const header of headers) {
    left -= header.length;
    if (left < 0) break;
    parseHeader(new Cursor(header), challenges);
  }
  return challenges.slice(0, MAX_CHALLENGES);
}

function parseHeader(cursor: Cursor, challenges: Challenge[]): void {
  while (challenges.length < MAX_CHALLENGES) {
    cursor.take(GAP);
    const scheme = cursor.take(TOKEN);
    if (scheme === undefined) return;
    const parameters: Map<string, string> = new Map();
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    if (cursor.take(SPACE) === undefined || takeToken68(cursor)) continue;
    while (takeParameter(cursor, parameters)) cursor.take(GAP);
  }
}

/** Skips data in the form `token68`, which ends at a comma. */
function takeToken68(cursor: Cursor): boolean {
  const start = cursor.at;
  if (cursor.take(TOKEN68) !== undefined) {
    cursor.take(SPACE);
    if (cursor.isAtComma()) return true;
  }
  cursor.at = start;
  return false;
}

function takeParameter(cursor: Cursor, parameters: Map<string, string>): boolean {
  const start = cursor.at;
  const name = cursor.take(TOKEN)?.toLowerCase();
  if (name === undefined || cursor.take(EQUALS) === undefined) {
    cursor.at = start;
    return false;
  }
  const value = cursor.takeQuoted() ?? cursor.take(UNQUOTED) ?? "";
  if (!parameters.has(name) && parameters.size < MAX_PARAMETERS) parameters.set(name, value);
  return true;
}

/** A place in a text. Each step is linear in what it takes. */
class Cursor {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Moves past a match that begins here. Returns its text. */
  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  /** Moves past a quoted string that begins here. Returns its content. */
  takeQuoted(): string | undefined {
    return this.#match(QUOTED)?.[1]?.replaceAll(/\\([^])/g, "$1");
  }

  isAtComma(): boolean {
    return this.at === this.#text.length || this.#text[this.at] === ",";
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match;
  }
}
