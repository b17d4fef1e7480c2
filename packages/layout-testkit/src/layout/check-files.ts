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

/** An entry of `index.json` that is a descriptor, and where it stands. */
export interface LayoutEntry {
  readonly descriptor: Descriptor;
  /** `index.json`'s own words for it: `$.manifests[2]`. */
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
  const found = version === undefined ? "it has none" : `it says ${JSON.stringify(version).slice(0, 80)}`;
  report(
    "layout-file",
    layoutNames.header,
    `it must be a JSON object with "imageLayoutVersion": "${layoutVersion}", and ${found}`,
  );
}

/** Checks `index.json`: "image-layout.md", "index.json file". Gives the entries that are descriptors. */
export async function checkIndexFile(layout: LayoutDirectory, report: Report): Promise<LayoutEntry[]> {
  const document = await readDocument(layout, layoutNames.index, "index", report);
  if (document === undefined) return [];
  const { value, text } = document;
  if (topLevelMembers(text, "manifests") > 1)
    report(
      "index",
      layoutNames.index,
      "$.manifests is there more than once: readers differ in which one they take",
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

/** The JSON that a file holds, in an object of its own: it may be any; `undefined` where there is none, which is told. */
async function readDocument(
  layout: LayoutDirectory,
  path: string,
  kind: "layout-file" | "index",
  report: Report,
): Promise<{ readonly value: unknown; readonly text: string } | undefined> {
  const place = await layout.place(path);
  // A link that leads out is told of already.
  if (place === "outside") return undefined;
  if (place !== "file") {
    report(
      "missing-part",
      path,
      place === "absent" ? "a layout must have this file, and it is not there" : "it must be a file",
    );
    return undefined;
  }
  const bytes = await layout.read(path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value: JSON.parse(text), text };
  } catch {
    report(kind, path, "it must be JSON in UTF-8, without a byte order mark, and cannot be parsed");
    return undefined;
  }
}

/** How many members called `name` the object `text` has, which is JSON: a parser shows the last one only. */
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
