/**
 * Copies JSON data: objects, arrays and the values in them. It does not recurse, so the depth of the data does not matter.
 * What the data has in several places is copied once, so data that contains itself is copied, too. Of an object the own
 * enumerable members are copied; everything that is neither an object nor an array is kept as it is.
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

/** Sets a member, also one called `__proto__`, which a plain assignment would take for the prototype. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}
