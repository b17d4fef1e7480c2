import type { Descriptor } from "@ocilayout/oci-types";
import {
  layoutNames,
  layoutVersion,
  ociMediaTypes,
  validateDescriptor,
  validateImageIndex,
} from "@ocilayout/oci-types";

import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** A descriptor in `index.json`, and its place. */
export interface LayoutEntry {
  readonly descriptor: Descriptor;
  /** The JSONPath: `$.manifests[2]`. */
  readonly where: string;
}

/** Checks `oci-layout`: "image-layout.md", "oci-layout file". */
export async function checkLayoutFile(layout: LayoutDirectory, report: Report): Promise<void> {
  const document = await readDocument(layout, layoutNames.header, "layout-file", report);
  if (document === undefined) return;
  const version: unknown = isObject(document.value)
    ? ownMember(document.value, "imageLayoutVersion")
    : undefined;
  if (version === layoutVersion) return;
  const found = version === undefined ? "missing" : JSON.stringify(version).slice(0, 80);
  report("layout-file", layoutNames.header, `imageLayoutVersion is ${found}, not "${layoutVersion}"`);
}

/** Checks `index.json`: "image-layout.md", "index.json file". Returns the entries that are descriptors. */
export async function checkIndexFile(layout: LayoutDirectory, report: Report): Promise<LayoutEntry[]> {
  const document = await readDocument(layout, layoutNames.index, "index", report);
  if (document === undefined) return [];
  const { value, text } = document;
  if (topLevelMembers(text, "manifests") > 1)
    report(
      "index",
      layoutNames.index,
      "$.manifests occurs more than once; readers differ in which one they use",
    );
  for (const { path, reason } of validateImageIndex(value))
    report("index", layoutNames.index, `${path} ${reason}`);
  if (!isObject(value)) return [];
  const mediaType = ownMember(value, "mediaType");
  if (typeof mediaType === "string" && mediaType !== ociMediaTypes.imageIndex) {
    report("index", layoutNames.index, `$.mediaType must be ${ociMediaTypes.imageIndex}, or be left out`);
  }
  const manifests = ownMember(value, "manifests");
  if (!Array.isArray(manifests)) return [];
  return manifests.flatMap((entry: unknown, i) =>
    validateDescriptor(entry).length === 0
      ? { descriptor: entry as Descriptor, where: `$.manifests[${i}]` }
      : [],
  );
}

/**
 * Reads the JSON of a file, wrapped in an object because it may be any value. Reports a problem and returns `undefined` if
 * the file is missing or invalid.
 */
async function readDocument(
  layout: LayoutDirectory,
  path: string,
  kind: "layout-file" | "index",
  report: Report,
): Promise<{ readonly value: unknown; readonly text: string } | undefined> {
  const place = await layout.place(path);
  // check-links.ts reports a link that leads out.
  if (place === "outside") return undefined;
  if (place !== "file") {
    report(
      "missing-part",
      path,
      place === "absent" ? "this file is missing; a layout must have it" : "this is not a file",
    );
    return undefined;
  }
  const bytes = await layout.read(path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value: JSON.parse(text), text };
  } catch {
    report(kind, path, "this is not JSON in UTF-8 without a byte order mark");
    return undefined;
  }
}

/** Counts the members `name` of the JSON object `text`; a parser shows only the last one. */
function topLevelMembers(text: string, name: string): number {
  let depth = 0;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    else if (character === '"') {
      const start = at;
      for (at += 1; text.charAt(at) !== '"'; at += 1) if (text.charAt(at) === "\\") at += 1;
      if (depth === 1 && /^\s*:/.test(text.slice(at + 1)) && JSON.parse(text.slice(start, at + 1)) === name)
        count += 1;
    }
  }
  return count;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownMember(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (Reflect.get(value, key) as unknown) : undefined;
}
