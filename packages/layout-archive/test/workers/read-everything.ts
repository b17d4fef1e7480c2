// Opens the archive at a path, reads all of it, and prints the code of the failure, the time in milliseconds and the peak of
// memory in bytes. The time is that of a processor, if it is less: the process may wait for one.
import { isRegistryError, collect } from "@ocilayout/oci-types";

import { openArchive } from "../../src/index.ts";

const [path = ""] = process.argv.slice(2);

async function read(): Promise<string> {
  try {
    const archive = await openArchive(path);
    try {
      for (const repository of await collect(archive.repositories()))
        for await (const { descriptor } of archive.manifests(repository))
          await (await archive.getManifest(repository, descriptor.digest)).bytes();
    } finally {
      await archive.close();
    }
    return "read";
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
}

const used = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

// The code of this process is compiled before it is measured.
const idle = used();
let peak = idle;
const timer = setInterval(() => {
  peak = Math.max(peak, used());
}, 2);
const started = performance.now();
const before = process.cpuUsage();
const outcome = await read();
const { user, system } = process.cpuUsage(before);
const ms = Math.min(performance.now() - started, (user + system) / 1000);
peak = Math.max(peak, used());
clearInterval(timer);
process.stdout.write(JSON.stringify({ outcome, ms, more: peak - idle }));
