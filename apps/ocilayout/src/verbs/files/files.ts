import type { ImageFile } from "@ocilayout/oci-image";
import { listFiles } from "@ocilayout/oci-image";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { normalizePath, isBelow } from "../../images/image-path.ts";
import { writeJson } from "../../output/output.ts";
import { Table } from "../../output/table.ts";
import { formatSize, printable } from "../../output/text.ts";
import { optional, required } from "../../parsing/spec.ts";
import { imagePlatform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";

/** `ocilayout files`: lists the files of an image. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required("A tag or digest, such as images/app:v1"),
    below: optional("Only this path of the image, and everything below it", "none"),
  },
  options: { platform: imagePlatform },
  examples: [
    ["ocilayout files images/team/app:v1", "List the files as a container sees them"],
    [
      "ocilayout files docker://alpine:3 /etc/apk --platform linux/arm64",
      "List one directory of another platform",
    ],
    [
      "ocilayout files images/team/app:v1 --json | jq -r 'select(.type == \"file\").path'",
      "Print only the paths",
    ],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const below = normalizePath(args.below ?? "/");
      const found: ImageFile[] = [];
      for await (const file of listFiles(place, { platform: args.platform, signal }))
        if (isBelow(file.path, below)) found.push(file);
      if (found.length === 0 && below !== "/")
        throw new RegistryError("FILE_UNKNOWN", `${excerpt(below)} is missing in the image`);
      const table = new Table(output);
      for (const file of found.sort((a, b) => (a.path < b.path ? -1 : 1))) {
        if (args.json) await writeJson(output, toJson(file));
        else await table.row(cells(file));
      }
      await table.end();
      return undefined;
    }),
});

function cells(file: ImageFile): string[] {
  const { path, size, uid, gid, linkName } = file;
  const name = linkName === undefined ? path : `${path} -> ${linkName}`;
  return [formatMode(file), `${uid}:${gid}`, formatSize(size), formatTime(file), printable(name)];
}

const LETTERS: Readonly<Partial<Record<ImageFile["type"], string>>> = {
  directory: "d",
  symlink: "l",
  fifo: "p",
  "character-device": "c",
  "block-device": "b",
};

/** Formats type and permissions as `ls -l` does. */
function formatMode({ type, mode }: ImageFile): string {
  const bits = Array.from("rwxrwxrwx", (letter, at) => ((mode >> (8 - at)) & 1 ? letter : "-"));
  for (const [bit, at, on, off] of [
    [0o4000, 2, "s", "S"],
    [0o2000, 5, "s", "S"],
    [0o1000, 8, "t", "T"],
  ] as const)
    if (mode & bit) bits[at] = bits[at] === "x" ? on : off;
  return `${LETTERS[type] ?? "-"}${bits.join("")}`;
}

function formatTime({ mtime }: ImageFile): string {
  const ms = mtime * 1000;
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(0, 16) : String(mtime);
}

function toJson({ xattrs, ...file }: ImageFile): object {
  return {
    ...file,
    xattrs: xattrs === undefined ? undefined : Object.fromEntries(Array.from(xattrs, encode)),
  };
}

function encode([name, value]: readonly [string, Uint8Array]): [string, string] {
  return [name, Buffer.from(value).toString("base64")];
}
