import { octetStream } from "@ocilayout/oci-types";

/**
 * The valid values of a header.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.5}
 */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of every answer. They keep browsers from running content of a registry as a page of its host. */
const COMMON: Readonly<Record<string, string>> = {
  "docker-distribution-api-version": "registry/2.0",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "cross-origin-resource-policy": "same-origin",
};

/** The media types that a browser shows as text or saves, whatever the content is. */
const INERT = /^application\/(?:octet-stream|json|[a-z0-9!#$&^_.+-]+\+json)$/i;

/**
 * Completes the headers of an answer. A manifest may have any media type. One that no header can hold is sent as
 * `application/octet-stream`, and one that a browser may run as an attachment.
 *
 * @throws TypeError if the value of another header is invalid.
 */
export function completeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const complete = { ...COMMON, ...headers };
  const type = complete["content-type"];
  if (type !== undefined && !isHeaderValue(type)) complete["content-type"] = octetStream;
  else if (type !== undefined && !INERT.test(type)) complete["content-disposition"] = "attachment";
  for (const [name, value] of Object.entries(complete)) {
    if (!isHeaderValue(value)) throw new TypeError(`the value of the header ${name} is invalid`);
  }
  return complete;
}

/** Whether `value` can be the value of a header. */
export function isHeaderValue(value: string): boolean {
  return FIELD_VALUE.test(value);
}
