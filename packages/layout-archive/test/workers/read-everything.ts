// Opens the archive at a path and reads all of it. Prints the code of the failure and the time in milliseconds, and the peaks of
// used and of resident memory in bytes.
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

/** The peak of the memory of this process, with garbage that is not collected yet. */
const residentPeak = (): number => process.resourceUsage().maxRSS * 1024;

// The code of this process is compiled before it is measured.
const idleResident = residentPeak();
const idle = used();
let peak = idle;
const timer = setInterval(() => {
  peak = Math.max(peak, used());
}, 2);
const started = performance.now();
const outcome = await read();
const ms = performance.now() - started;
peak = Math.max(peak, used());
clearInterval(timer);
const resident = residentPeak() - idleResident;
process.stdout.write(JSON.stringify({ outcome, ms, more: peak - idle, resident }));
