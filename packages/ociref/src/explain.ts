import { isDigest } from "@ocilayout/oci-types";
import { excerpt, explainDigest } from "@ocilayout/oci-types/authors";

import { maxRepositoryLength, maxTagLength } from "./grammar.ts";

/** Returns the reason why `value` is not a valid part of a reference, as a clause: `it is empty`. It must be invalid. */
export function explain(part: "host" | "repository" | "tag" | "digest", value: string): string {
  if (part === "digest") return explainDigest(value);
  if (value === "") return "it is empty";
  const limit = part === "tag" ? maxTagLength : maxRepositoryLength;
  if (value.length > limit) return `it is longer than ${limit} bytes`;
  if (part === "repository") return explainRepository(value);
  return part === "tag" ? explainTag(value) : "it does not fit the grammar of hosts";
}

function explainRepository(value: string): string {
  if (/[A-Z]/.test(value)) return "it has upper-case letters";
  const stranger = /[^a-z0-9._/-]/u.exec(value);
  if (stranger !== null) return `it has the character ${excerpt(stranger[0])}`;
  if (value.split("/").includes("")) return "it has an empty component";
  return "its separators must stand between letters or digits";
}

function explainTag(value: string): string {
  if (isDigest(value)) return "it is a digest";
  const stranger = /[^a-zA-Z0-9._-]/u.exec(value);
  return stranger === null
    ? `it begins with ${excerpt(value.slice(0, 1))}`
    : `it has the character ${excerpt(stranger[0])}`;
}
