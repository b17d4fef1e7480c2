import { readFileSync } from "node:fs";

import { createTransport } from "../../../src/platform/node.ts";

const GIB = 1024 ** 3;
const [way, address = ""] = process.argv.slice(2);

/** Yields 1 GiB in chunks of 1 MiB, always in the same memory. */
async function* content(): AsyncGenerator<Uint8Array, void> {
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < GIB; sent += chunk.length) yield chunk;
}

const transport = createTransport();
const body = way === "push" ? { body: { size: GIB, open: content } } : {};
const blocks = way === "pull in blocks" ? { blockBytes: 512 * 1024 } : {};
const response = await transport.send({
  ...blocks,
  method: way === "push" ? "PUT" : "GET",
  url: new URL(address),
  headers: {},
  ...body,
});
let bytes = 0;
for await (const chunk of response.body) bytes += chunk.length;
await transport.close();
console.log(JSON.stringify({ bytes, peak: peakMemory() }));

/** Returns the peak of the memory of this process in bytes. Where there is no /proc, it may include that of its parent. */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
