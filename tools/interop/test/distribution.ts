import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { RegistryCapabilities } from "@ocilayout/oci-types";

/** A CNCF Distribution registry that runs on this machine until it is disposed of. */
export interface Distribution extends AsyncDisposable {
  /** The host and the port, as in a reference. */
  readonly host: string;
  /** Removes all content of the directory that is its storage by default. */
  clear(): void;
}

/** Settings of {@link startDistribution}. */
export interface DistributionSettings {
  /** Its setting `auth`. Defaults to none. */
  readonly auth?: object | undefined;
  /** The certificate for TLS. Defaults to plain HTTP. */
  readonly tls?:
    | {
        readonly certificate: string;
        readonly key: string;
        /** The paths of authorities. Only clients with a certificate of theirs can connect. */
        readonly clientcas?: readonly string[];
      }
    | undefined;
  /** The driver of its storage, with the driver's settings. Defaults to a directory of its own. */
  readonly storage?: object | undefined;
}

/** Starts docker-registry on a free port, without settings from the environment. */
export async function startDistribution({
  auth,
  tls,
  storage,
}: DistributionSettings = {}): Promise<Distribution> {
  const directory = mkdtempSync(join(tmpdir(), "interop-"));
  const file = join(directory, "config.yml");
  const rootdirectory = join(directory, "registry");
  const config = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: {
      ...(storage ?? { filesystem: { rootdirectory } }),
      delete: { enabled: true },
    },
    http: { addr: "127.0.0.1:0", ...(tls === undefined ? {} : { tls }), secret: "interop" },
    ...(auth === undefined ? {} : { auth }),
  };
  // Every JSON document is a YAML document.
  writeFileSync(file, JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", file], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.kill()) await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  let said = "";
  const listening: Promise<string> = new Promise((resolve) => {
    // Reads all output, because a program blocks when its pipe is full.
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const host = /listening on (?<host>127\.0\.0\.1:\d+)[",]/.exec(said)?.groups?.["host"];
      if (host !== undefined) resolve(host);
    });
  });
  try {
    const host = await Promise.race([
      listening,
      exited.then(() => Promise.reject(new Error(`docker-registry does not listen: ${said}`))),
    ]);
    const clear = (): void => {
      rmSync(rootdirectory, { recursive: true, force: true, maxRetries: 3 });
    };
    return { host, clear, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The promises of docker-registry 2.8 that differ from those of any registry. */
export const distributionCapabilities: Partial<RegistryCapabilities> = {
  checksReferences: true,
  deleteTag: false,
  knowsManifests: false,
  opaqueManifests: false,
  sha512: false,
};

/** The capabilities that no registry promises before it announces them. */
export const unpromised: Partial<RegistryCapabilities> = {
  anonymousMounts: false,
  atomicTags: false,
  comparesReferences: false,
  conditionalTags: false,
  deniesReferenced: false,
};
