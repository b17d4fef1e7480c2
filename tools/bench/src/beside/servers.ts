import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A server in a process of its own. */
export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server over a directory, which may be missing. */
export type Start = (directory: string) => Promise<Running>;

/** Starts our server over one layout, with its defaults: blobs are not verified, and changes are flushed to the disk. */
export function startOurs(verifyBlobs: boolean): Start {
  return async (directory) => {
    mkdirSync(directory, { recursive: true });
    const script = fileURLToPath(new URL("../serve-one.js", import.meta.url));
    const child = spawn(process.execPath, [script, directory, String(verifyBlobs)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const [line] = (await Promise.race([once(child.stdout, "data"), refuse(exited)])) as [Buffer];
    return { url: line.toString().trim(), stop: () => end(child, exited) };
  };
}

/** Whether the program docker-registry is installed. */
export function hasDistribution(): boolean {
  return spawnSync("docker-registry", ["--version"]).status === 0;
}

/**
 * Starts CNCF Distribution with the storage and the cache that Debian configures, and without a log. It flushes a complete blob
 * to the disk, and does not verify what it sends.
 */
export async function startDistribution(directory: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const config = join(directory, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${directory}/data }, cache: { blobdescriptor: inmemory } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
  );
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  const exited = once(child, "exit");
  while (!(await accepts(port))) await Promise.race([sleep(20), refuse(exited)]);
  return { url: `http://127.0.0.1:${port}`, stop: () => end(child, exited) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Whether a server accepts connections. It receives no request, so that a first request can be measured. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => {
      answer(true);
    });
    socket.once("error", () => {
      answer(false);
    });
  });
}

/** Rejects if a server ends before it is stopped. */
async function refuse(exited: Promise<unknown[]>): Promise<never> {
  const [code, signal] = (await exited) as [number | null, string | null];
  throw new Error(`the server ended with ${code ?? signal ?? ""}`);
}

async function end(child: ChildProcess, exited: Promise<unknown[]>): Promise<void> {
  child.kill();
  await exited;
}
