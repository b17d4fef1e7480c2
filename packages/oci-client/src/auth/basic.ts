/** Returns the value of an `Authorization` header for a user and a password (RFC 7617). Base64 makes any text safe in it. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${basicPair(username, password)}`;
}

/** Returns a user and a password with a colon between them, in base64. */
export function basicPair(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
