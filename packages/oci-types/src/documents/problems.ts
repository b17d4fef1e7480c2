import type { Problem } from "../basics/error-details.ts";
import { excerpt } from "../basics/excerpt.ts";

/** The maximum number of listed problems. A hostile document could have a million. */
export const maxProblems = 20;

/** Returns the path of a value. Called only for a problem: computing paths takes longer than checking values. */
export type Path = () => string;

/** Collects the problems of a document, up to the maximum. */
export class ProblemList {
  readonly problems: Problem[] = [];

  get isFull(): boolean {
    return this.problems.length >= maxProblems;
  }

  add(path: Path, reason: string): void {
    if (!this.isFull) this.problems.push({ path: path(), reason });
  }
}

/** Checks the value at `path`, and adds its problems to `list`. */
export type Check = (value: unknown, path: Path, list: ProblemList) => void;

/** Returns the JSON type of `value`, with an article. */
function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`.replace("a object", "an object");
}

/** Returns the path of the member `key` of the object at `path`. */
export function memberPath(path: string, key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,79}$/.test(key) ? `${path}.${key}` : `${path}[${excerpt(key)}]`;
}

/** Checks that a value is a string that fulfils `test`. */
export function text(expected: string, test: (value: string) => boolean = () => true): Check {
  return (value, path, list) => {
    if (typeof value !== "string") list.add(path, `must be ${expected}, not ${jsonType(value)}`);
    else if (!test(value)) list.add(path, `must be ${expected}`);
  };
}

/** Checks that a value is an array whose elements pass `check`. */
export function arrayOf(check: Check): Check {
  return (value, path, list) => {
    if (!Array.isArray(value)) {
      list.add(path, `must be an array, not ${jsonType(value)}`);
      return;
    }
    for (let index = 0; index < value.length && !list.isFull; index += 1)
      check(value[index], () => `${path()}[${index}]`, list);
  };
}

/** Checks that a value is an object whose members pass `check`. */
export function mapOf(check: Check): Check {
  return (value, path, list) => {
    if (!isObject(value, path, list)) return;
    for (const [key, member] of Object.entries(value)) {
      if (list.isFull) return;
      check(member, () => memberPath(path(), key), list);
    }
  };
}

/** Checks the named members of an object and ignores others. A member that is `undefined` is absent, as in JSON. */
export function object(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>>,
): Check {
  return (value, path, list) => {
    if (!isObject(value, path, list)) return;
    for (const [key, check] of Object.entries(required)) {
      if (hasMember(value, key)) check(value[key], () => memberPath(path(), key), list);
      else list.add(() => memberPath(path(), key), "is missing");
    }
    for (const [key, check] of Object.entries(optional)) {
      if (hasMember(value, key)) check(value[key], () => memberPath(path(), key), list);
    }
  };
}

function hasMember(value: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(value, key) && value[key] !== undefined;
}

/** Checks that a member is absent. */
export function absent(reason: string): Check {
  return (_value, path, list) => {
    list.add(path, reason);
  };
}

function isObject(value: unknown, path: Path, list: ProblemList): value is Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return true;
  list.add(path, `must be an object, not ${jsonType(value)}`);
  return false;
}
