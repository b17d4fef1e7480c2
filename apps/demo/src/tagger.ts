// `node dist/tagger.js DIRECTORY NAME COUNT`: tags an image in a layout many times, as one of several processes.
import { openLayout } from "@ocilayout/layout-core";
import { tag } from "@ocilayout/oci-image";

const [directory = "", name = "", count = "0"] = process.argv.slice(2);
const registry = await openLayout(directory);
for (let number = 0; number < Number(count); number += 1)
  await tag({ registry, repository: "app", reference: "v1" }, `${name}-${number}`);
await registry.close();
