/**
 * `value` as a plain `Uint8Array` view of the same memory, whatever realm or subclass (`Buffer`) it is of.
 *
 * @param what - What to call it in the message.
 * @throws TypeError where it is no `Uint8Array`.
 */
export function requireBytes(value: unknown, what: string): Uint8Array {
  if (!isByteView(value)) throw new TypeError(`${what} must be a Uint8Array, not ${describeType(value)}`);
  return toPlainView(value);
}

/** `instanceof` would refuse an array of another realm; the tag is right in every one. */
export function isByteView(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** `view` as a `Uint8Array` proper, of the same memory. */
export function toPlainView(view: Uint8Array): Uint8Array {
  return view.constructor === Uint8Array
    ? view
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function describeType(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
}
