import { UsageError } from "../errors/usage-error.ts";

/**
 * Parses `KEY=VALUE` texts, sorted by key, so that their order does not matter.
 *
 * @param option - The name of the option or argument in messages.
 * @throws {@link UsageError} for a text without a key or `=`, and for a key that occurs twice.
 */
export function parsePairs(pairs: readonly string[], option: string): Readonly<Record<string, string>> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UsageError(`${option} needs KEY=VALUE, not ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const keys = new Set(entries.map(([key]) => key));
  if (keys.size < entries.length) throw new UsageError(`${option} has the same key twice`);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
