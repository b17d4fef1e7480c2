import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { publishAll } from "./demo.ts";
import { drawTree, formatSize } from "./tree.ts";

const root = resolve(fileURLToPath(new URL("../../..", import.meta.url)));
const directory = resolve(root, ".demo", "layout");

const tags = await publishAll(resolve(root, "packages"), directory);
const contents = new Map(
  tags.flatMap(({ manifest, parts }) => [manifest, ...parts.map((part) => part.descriptor)]).map((d) => [d.digest, d.size]),
);
const total = [...contents.values()].reduce((sum, size) => sum + size, 0);

console.log("This repository's packages, as they would be published, in an OCI Image Layout:\n");
console.log(relative(process.cwd(), directory) || ".");
for (const line of drawTree(tags)) console.log(line);
console.log(`\n${contents.size} blobs, ${formatSize(total)}: each read back and verified.`);
console.log(`The layout lies in ${directory}`);
console.log(`Look at it with other tools, if you have them:`);
for (const { repository, tag } of tags.slice(0, 1)) {
  console.log(`  skopeo inspect --raw oci:${relative(process.cwd(), directory)}:${repository}:${tag}`);
}
