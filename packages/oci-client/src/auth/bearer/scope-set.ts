import type { Scope } from "../authenticator.ts";

/** The maximum length of the scopes that a challenge may add, in characters. Longer ones are ignored. */
const MAX_LENGTH = 4096;

/** The form of a scope: `repository:library/alpine:pull,push`. The name may contain colons. */
const SCOPE = /^([a-z][a-z0-9]*(?:\([a-z0-9]+\))?):([!#-[\]-~]+):([a-z*]+(?:,[a-z*]+)*)$/;

/**
 * Returns the scopes of a token for one request, sorted: those of the request, and those that the registry asked for. Scopes of
 * other requests never join them, so that they do not grow. Actions for one resource are joined.
 *
 * @param asked - The parameter `scope` of the challenge. Malformed parts, such as `*`, are ignored.
 * @see {@link https://distribution.github.io/distribution/spec/auth/scope/}
 */
export function scopeSet(scopes: readonly Scope[], asked: string | undefined): readonly string[] {
  const resources: Map<string, Set<string>> = new Map();
  const add = (resource: string, actions: readonly string[]): void => {
    const all = resources.get(resource) ?? new Set();
    resources.set(resource, all);
    for (const action of actions) all.add(action);
  };
  for (const { type, name, actions } of scopes) add(`${type}:${name}`, actions);
  if (asked !== undefined && asked.length <= MAX_LENGTH) {
    for (const text of asked.split(" ")) {
      const [, type = "", name = "", actions = ""] = SCOPE.exec(text) ?? [];
      if (type !== "") add(`${type}:${name}`, actions.split(","));
    }
  }
  return [...resources].map(([resource, actions]) => `${resource}:${[...actions].sort().join(",")}`).sort();
}
