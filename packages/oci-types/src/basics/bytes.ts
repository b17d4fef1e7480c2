/**
 * Returns `value` as a plain `Uint8Array` over the same memory. Accepts subclasses such as `Buffer`, and arrays of other
 * realms.
 *
 * @param what - The name of the value in the message.
 * @throws TypeError if `value` is not a `Uint8Array`.
 */
export function requireBytes(value: unknown, what: string): Uint8Array {
  if (!isByteView(value)) throw new TypeError(`${what} must be a Uint8Array, not ${describeType(value)}`);
  return toPlainView(value);
}

/** Whether `value` is a `Uint8Array`. `instanceof` would reject an array of another realm. */
export function isByteView(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** Returns `view` as a plain `Uint8Array` over the same memory. */
export function toPlainView(view: Uint8Array): Uint8Array {
  return view.constructor === Uint8Array
    ? view
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function describeType(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
}
