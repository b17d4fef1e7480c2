import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { guide } from "./demo/guide.ts";

// The printed commands work in the root of the repository.
process.chdir(resolve(fileURLToPath(new URL("../../..", import.meta.url))));
await guide("packages", ".demo", process);
