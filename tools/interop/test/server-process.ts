import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { build } from "vite";

import { bundleOptions } from "../../../apps/ocilayout/bundle.mjs";

const command = join(import.meta.dirname, "../../../apps/ocilayout");

/** The command as one file, which every version of Node can run. */
export interface BuiltCommand extends Disposable {
  readonly script: string;
}

/** Bundles the command. */
export async function buildCommand(): Promise<BuiltCommand> {
  const directory = mkdtempSync(join(tmpdir(), "interop-"));
  await build(bundleOptions(join(command, "src/main.ts"), directory));
  copyFileSync(join(command, "package.json"), join(directory, "package.json"));
  return {
    script: join(directory, "ocilayout.mjs"),
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A process of the command that serves a directory, until it is disposed of. */
export interface ServerProcess extends AsyncDisposable {
  /** The host and the port, as in a reference. */
  readonly host: string;
  /** Kills the process, which can then not finish anything. */
  readonly kill: () => Promise<void>;
}

/** Starts `ocilayout serve` as a process, on a free port. */
export async function startServer(
  { script }: BuiltCommand,
  ...args: readonly string[]
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, "serve", ...args, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.kill(signal)) await ended;
  };
  const failed = ended.then(() => Promise.reject(new Error("the server ended before it listened")));
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), failed])) as [string];
  failed.catch(() => undefined);
  const { url } = JSON.parse(line) as { readonly url: string };
  return {
    host: new URL(url).host,
    kill: async () => stop("SIGKILL"),
    [Symbol.asyncDispose]: async () => stop("SIGTERM"),
  };
}
