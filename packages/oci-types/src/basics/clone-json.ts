/**
 * Copies JSON data: arrays, and the own enumerable members of objects. Other values are kept as they are.
 *
 * It does not recurse, so the depth of the data does not matter. An object with several references is copied once, so
 * cycles are allowed.
 */
export function cloneJson<Data>(data: Data): Data {
  const copies: Map<object, object> = new Map();
  const waiting: object[] = [];
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    let made = copies.get(value);
    if (made === undefined) {
      made = Array.isArray(value) ? [] : {};
      copies.set(value, made);
      waiting.push(value);
    }
    return made;
  };
  const root = copy(data);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const made = copies.get(next) as Record<string, unknown>;
    for (const [key, value] of Object.entries(next)) setMember(made, key, copy(value));
  }
  return root as Data;
}

/** Sets a member. A plain assignment to `__proto__` would set the prototype instead. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}
