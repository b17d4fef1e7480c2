import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { openRemote, type RemoteOptions, type RemoteRegistry } from "@ocilayout/oci-client";
import { copy } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { hasCeph, startCeph, type Bucket } from "./ceph.ts";
import {
  distributionCapabilities,
  startDistribution,
  unpromised,
  type Distribution,
} from "./distribution.ts";
import { content } from "./images.ts";
import { has, skopeoIn, type Run } from "./programs.ts";
import { contentsOf, expectBlobs, foreign, multi, one, writeSource } from "./serving.ts";

const isHere = hasCeph() && [has("skopeo"), has("docker-registry")].every(Boolean);
const account = { username: "interop", password: "interop password" };
/** The password, as `htpasswd -B` writes it. */
const HTPASSWD = "interop:$2b$05$cwwtu1NQW7Cemh.4sJ3stOX6ftzXfAP4FEZ66xEKXxzHBjdDuWB.i\n";
/** The S3 driver of docker-registry 2.8 answers the push of an empty blob with 500. */
const capabilities = { ...distributionCapabilities, emptyBlobs: false };
/** Above 5 MiB, the smallest part of an upload in parts to S3. */
const LARGE = 12 * 2 ** 20;

let bucket: Bucket | undefined;
let prefixes = 0;

/** Starts docker-registry over an empty place of the bucket. It redirects reads to the gateway. */
async function startOnS3(auth?: object): Promise<Distribution> {
  if (bucket === undefined) throw new Error("Ceph is not running");
  const storage = {
    s3: {
      accesskey: bucket.accessKey,
      secretkey: bucket.secretKey,
      region: "us-east-1",
      regionendpoint: bucket.endpoint,
      bucket: bucket.name,
      secure: false,
      rootdirectory: `/${(prefixes += 1)}`,
    },
  };
  return startDistribution({ storage, auth });
}

describe.skipIf(!isHere)("docker-registry on its S3 driver over Ceph", () => {
  beforeAll(async () => {
    bucket = await startCeph();
  }, 600_000);
  afterAll(async () => bucket?.[Symbol.asyncDispose]());

  describe("with a password", () => {
    let cwd: string;
    let theirs: Distribution;
    let skopeo: Run;

    beforeAll(async () => {
      cwd = mkdtempSync(join(tmpdir(), "interop-"));
      writeFileSync(join(cwd, "htpasswd"), HTPASSWD);
      theirs = await startOnS3({ htpasswd: { realm: "interop", path: join(cwd, "htpasswd") } });
      await writeSource(cwd);
      skopeo = async (...args) => {
        const side = args.at(-1)?.startsWith("docker://") === true ? "dest" : "src";
        const creds = `--${side}-creds=${account.username}:${account.password}`;
        return skopeoIn(cwd)("copy", "--all", `--${side}-tls-verify=false`, creds, ...args);
      };
    });
    afterAll(async () => {
      await theirs[Symbol.asyncDispose]();
      rmSync(cwd, { recursive: true, force: true });
    });

    async function open(options: RemoteOptions = {}): Promise<RemoteRegistry> {
      const client = await openRemote(theirs.host, { credentials: account, capabilities, ...options });
      onTestFinished(async () => client.close());
      return client;
    }

    it("redirects the client to the gateway, which never receives the password", async () => {
      await skopeo("oci:source:multi", `docker://${theirs.host}/theirs/app:multi`);
      const client = await open();
      const seen: string[] = [];
      const observed = await open({ onRequest: ({ url }) => void seen.push(new URL(url).host) });
      const { endpoint = "", requests = [] } = bucket ?? {};
      const before = requests.length;
      expect((await client.resolveTag("theirs/app", "multi")).digest).toBe(multi.descriptor.digest);
      for (const { descriptor, bytes } of contentsOf(one, foreign)) {
        if (descriptor.mediaType.includes("manifest")) continue;
        const { digest } = descriptor;
        expect(Buffer.from(await (await observed.getBlob("theirs/app", digest)).bytes())).toEqual(bytes);
        const range = { start: 1, end: 3 };
        const part = await (await client.getBlobRange("theirs/app", digest, range)).bytes();
        expect(Buffer.from(part)).toEqual(bytes.subarray(1, 3));
      }
      const gateway = new URL(endpoint).host;
      expect(new Set(seen)).toEqual(new Set([theirs.host, gateway]));
      expect(gateway.split(":")[0]).not.toBe(theirs.host.split(":")[0]);
      const signed = requests.slice(before).filter(({ url }) => url?.includes("X-Amz-Signature="));
      expect(signed.length).toBeGreaterThan(4);
      expect(signed.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it.each(["monolithic", "chunked"] as const)(
      "stores a large blob that the client pushes %s, and skopeo pulls it",
      async (uploads) => {
        const client = await open({ uploads, chunkSize: 2 ** 22 });
        const layer = content(randomBytes(LARGE), "application/vnd.oci.image.layer.v1.tar");
        await using local = await openLayout(join(cwd, `large-${uploads}`), { defaultRepository: "app" });
        const config = content(Buffer.from("{}"), "application/vnd.oci.image.config.v1+json");
        const mediaType = "application/vnd.oci.image.manifest.v1+json";
        const manifest = {
          schemaVersion: 2,
          mediaType,
          config: config.descriptor,
          layers: [layer.descriptor],
        };
        for (const { descriptor, bytes } of [config, layer]) await local.pushBlob("app", descriptor, bytes);
        await local.pushManifest("app", Buffer.from(JSON.stringify(manifest)), mediaType, { tags: ["v1"] });
        const name = `large/${uploads}`;
        await copy(
          { registry: local, repository: "app", reference: "v1" },
          { registry: client, repository: name, reference: "v1" },
        );
        const { digest } = layer.descriptor;
        const read = Buffer.from(await (await client.getBlob(name, digest)).bytes());
        expect(read.equals(layer.bytes)).toBe(true);
        await skopeo(`docker://${theirs.host}/${name}:v1`, `oci:read-${uploads}:v1`);
      },
    );

    it("takes an image of the client, which skopeo pulls, and gives one of skopeo to a layout", async () => {
      const client = await open();
      await using source = await openLayout(join(cwd, "source"), { defaultRepository: "app" });
      await copy(
        { registry: source, repository: "app", reference: "multi" },
        { registry: client, repository: "ours/app", reference: "multi" },
      );
      await skopeo(`docker://${theirs.host}/ours/app:multi`, "oci:pulled:multi");
      expectBlobs(cwd, "pulled", [...contentsOf(one, foreign), multi]);
      await skopeo("oci:source:multi", `docker://${theirs.host}/down/app:multi`);
      await using layout = await openLayout(join(cwd, "down"), { defaultRepository: "app" });
      await copy(
        { registry: client, repository: "down/app", reference: "multi" },
        { registry: layout, repository: "app", reference: "multi" },
      );
      expectBlobs(cwd, "down", [...contentsOf(one, foreign), multi]);
      expect(await collect(client.tags("ours/app"))).toEqual(["multi"]);
    });
  });

  describeRegistry("a client", {
    create: async () => {
      const daemon = await startOnS3();
      const open = () => openRemote(daemon.host, { credentials: false, capabilities, retries: 1 });
      return {
        registry: await open(),
        reopen: open,
        [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
      };
    },
    capabilities: { ...unpromised, ...capabilities },
    timeoutMs: 120_000,
  });
});
