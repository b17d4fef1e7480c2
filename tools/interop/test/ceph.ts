import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as listenTo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

/** A bucket of Ceph that runs on this machine until it is disposed of. */
export interface Bucket extends AsyncDisposable {
  readonly name: string;
  /** The origin of the object gateway: `http://localhost:PORT`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The requests to the gateway so far. */
  readonly requests: readonly Pick<IncomingMessage, "method" | "url" | "headers">[];
}

const PROGRAMS = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool"];

/** The longest time until a daemon answers. */
const PATIENCE_MS = 240_000;

/**
 * Whether Ceph is installed. If not, its tests are skipped, except in the long run of CI. The short run does without,
 * because Ceph is large and slow to start.
 */
export function hasCeph(): boolean {
  try {
    for (const program of PROGRAMS) execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] === "long")
      throw new Error("Ceph is not installed, but the long run of CI needs it");
    console.info("skipped: docker-registry on S3, because Ceph is not installed");
    return false;
  }
}

/**
 * Starts a monitor, one store in memory of at most 2 GiB and the object gateway, and creates an empty bucket. Programs
 * reach the gateway through a proxy, which records their requests.
 */
export async function startCeph(): Promise<Bucket> {
  const directory = mkdtempSync(join(tmpdir(), "interop-"));
  for (const name of ["mon", "osd", "rgw"]) mkdirSync(join(directory, name));
  const [monitor, gateway] = [await freePort(), await freePort()];
  const cluster = randomUUID();
  const config = join(directory, "ceph.conf");
  writeFileSync(config, configOf(directory, cluster, monitor, gateway));
  writeFileSync(join(directory, "keyring"), "");
  const daemons: Daemon[] = [];
  const run = async (program: string, ...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(program, ["--conf", config, ...args], { timeout: PATIENCE_MS })).stdout;
  const start = (program: string, ...args: readonly string[]): Daemon => {
    const daemon = new Daemon(
      spawn(program, ["--conf", config, "-f", ...args], { stdio: "ignore" }),
      program,
    );
    daemons.unshift(daemon);
    return daemon;
  };
  const stop = async (): Promise<void> => {
    for (const daemon of daemons) await daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const map = join(directory, "map");
    const address = `[v1:127.0.0.1:${monitor}]`;
    await promisify(execFile)("monmaptool", ["--create", "--fsid", cluster, "--addv", "a", address, map]);
    await run("ceph-mon", "--mkfs", "--id", "a", "--monmap", map);
    await start("ceph-mon", "--id", "a").until(async () => run("ceph", "--connect-timeout", "5", "status"));
    const store = randomUUID();
    await run("ceph", "osd", "new", store);
    await run("ceph-osd", "--id", "0", "--mkfs", "--osd-uuid", store);
    await start("ceph-osd", "--id", "0").until(async () => {
      if (!(await run("ceph", "osd", "stat")).includes(" 1 up")) throw new Error("the store is not up yet");
    });
    const [accessKey, secretKey] = ["interop", "interopsecret"];
    const user = ["--uid", "interop", "--display-name", "interop"];
    const keys = ["--access-key", accessKey, "--secret-key", secretKey];
    await run("radosgw-admin", "--name", "client.rgw", "user", "create", ...user, ...keys);
    const bucket = { name: "registry", accessKey, secretKey };
    await start("radosgw", "--name", "client.rgw").until(async () => create(bucket, gateway));
    const recorder = await record(gateway);
    return {
      ...bucket,
      ...recorder,
      async [Symbol.asyncDispose]() {
        await recorder[Symbol.asyncDispose]();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configOf(directory: string, cluster: string, monitor: number, gateway: number): string {
  return `[global]
fsid = ${cluster}
mon host = v1:127.0.0.1:${monitor}
auth cluster required = none
auth service required = none
auth client required = none
# Without authentication, only these connections to the monitor work.
ms mon client mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
# One store without copies.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = ${2 ** 31}
mon allow pool size one = true
run dir = ${directory}
log file = ${directory}/$name.log
admin socket = ${directory}/$name.$pid.sock
keyring = ${directory}/keyring
mon data = ${directory}/mon
osd data = ${directory}/osd
rgw data = ${directory}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1
`;
}

/** A program that runs until it is stopped. */
class Daemon {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #ended: Promise<unknown>;
  #hasEnded = false;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve(undefined);
      };
      child.once("error", end).once("exit", end);
    });
  }

  /** Repeats `attempt` until it succeeds. Fails when the daemon ends, or when it took too long. */
  async until(attempt: () => Promise<unknown>): Promise<void> {
    const late = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await attempt();
        return;
      } catch (cause) {
        if (this.#hasEnded || Date.now() > late) throw new Error(`${this.#name} does not answer`, { cause });
        await pause(100);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#child.kill("SIGKILL")) await this.#ended;
  }
}

/** Creates a bucket, with a signature of version 2. */
async function create(
  { name, accessKey, secretKey }: Pick<Bucket, "name" | "accessKey" | "secretKey">,
  port: number,
): Promise<void> {
  const date = new Date().toUTCString();
  const signature = createHmac("sha1", secretKey).update(`PUT\n\n\n${date}\n/${name}`).digest("base64");
  const headers = { date, authorization: `AWS ${accessKey}:${signature}` };
  const response = await fetch(`http://127.0.0.1:${port}/${name}`, { method: "PUT", headers });
  if (!response.ok) throw new Error(`the gateway answered with status ${response.status}`);
}

/** Forwards requests to a port unchanged, because their signature includes the host, and records them. */
async function record(port: number): Promise<Pick<Bucket, "endpoint" | "requests"> & AsyncDisposable> {
  const requests: Pick<IncomingMessage, "method" | "url" | "headers">[] = [];
  const proxy = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers });
    const passed = ask({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    endpoint: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
    },
  };
}

async function freePort(): Promise<number> {
  const server = listenTo().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
