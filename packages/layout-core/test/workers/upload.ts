// A process that uploads and waits to be killed: `upload.ts DIRECTORY REPOSITORY TEXT [ID]`. Prints the id of the
// session.
import { openLayout } from "../../src/index.ts";

const [directory = "", repository = "", text = "", id] = process.argv.slice(2);
const registry = await openLayout(directory);
const writer =
  id === undefined
    ? await registry.pushBlobChunked(repository)
    : await registry.pushBlobChunkedResume(repository, id);
await writer.write(new TextEncoder().encode(text));
process.stdout.write(`${writer.id}\n`);
setInterval(() => undefined, 1_000);
