import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openRemote, type RemoteOptions, type RemoteRegistry } from "@ocilayout/oci-client";
import { copy } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { makeAuthority, type Authority } from "./authority.ts";
import { startDistribution, type Distribution, type DistributionSettings } from "./distribution.ts";
import { has, skopeoIn, storageIn, type Run } from "./programs.ts";
import { contentsOf, expectBlobs, foreign, multi, one, serveRegistry, writeSource } from "./serving.ts";
import { ISSUER, SERVICE, startTokenServer, type TokenServer } from "./token-server.ts";

const isHere = [has("skopeo"), has("podman"), has("docker-registry"), has("openssl")].every(Boolean);
const account = { username: "interop", password: "interop password" };
/** The password, as `htpasswd -B` writes it. */
const HTPASSWD = "interop:$2b$05$cwwtu1NQW7Cemh.4sJ3stOX6ftzXfAP4FEZ66xEKXxzHBjdDuWB.i\n";

describe.skipIf(!isHere).each(["no", "htpasswd", "token"] as const)(
  "a client of docker-registry over TLS with a private authority and %s authentication",
  (kind) => {
    let cwd: string;
    let authority: Authority;
    let tokens: TokenServer | undefined;
    let theirs: Distribution;

    beforeAll(async () => {
      cwd = mkdtempSync(join(tmpdir(), "interop-"));
      for (const name of ["authority", "trust"]) mkdirSync(join(cwd, name));
      authority = makeAuthority(join(cwd, "authority"));
      // Programs take a key in this directory for that of a client.
      writeFileSync(join(cwd, "trust", "ca.crt"), authority.ca);
      if (kind === "token") tokens = await startTokenServer(authority, account);
      theirs = await startDistribution({ tls: authority, auth: authOf() });
      await writeSource(cwd);
    });
    afterAll(async () => {
      await theirs[Symbol.asyncDispose]();
      await tokens?.[Symbol.asyncDispose]();
      rmSync(cwd, { recursive: true, force: true });
    });

    function authOf(): DistributionSettings["auth"] {
      if (kind === "no") return undefined;
      if (kind === "htpasswd") {
        writeFileSync(join(cwd, "htpasswd"), HTPASSWD);
        return { htpasswd: { realm: "interop", path: join(cwd, "htpasswd") } };
      }
      const rootcertbundle = join(cwd, "trust", "ca.crt");
      return { token: { realm: tokens?.realm, service: SERVICE, issuer: ISSUER, rootcertbundle } };
    }

    /** Opens a client until the running test ends. */
    async function open(options: RemoteOptions = {}): Promise<RemoteRegistry> {
      const client = await openRemote(theirs.host, {
        ca: authority.ca,
        insecure: false,
        credentials: kind === "no" ? false : account,
        ...(tokens === undefined ? {} : { tokenServers: [new URL(tokens.realm).host] }),
        ...options,
      });
      onTestFinished(async () => client.close());
      return client;
    }

    /** Runs `skopeo copy` with the authority and the account for the side that is theirs. */
    const skopeo: Run = async (...args) => {
      const sides = args.filter((arg) => arg.startsWith("docker://")).length === 2 ? ["src", "dest"] : [];
      if (sides.length === 0) sides.push(args.at(-1)?.startsWith("docker://") === true ? "dest" : "src");
      const trust = sides.flatMap((side) => [
        `--${side}-cert-dir=${join(cwd, "trust")}`,
        ...(kind === "no" ? [] : [`--${side}-creds=${account.username}:${account.password}`]),
      ]);
      return skopeoIn(cwd)("copy", "--all", ...trust, ...args);
    };

    it("pulls what skopeo pushed, byte for byte", async () => {
      for (const tag of ["v1", "multi"])
        await skopeo(`oci:source:${tag}`, `docker://${theirs.host}/theirs/app:${tag}`);
      const client = await open();
      expect(await client.resolveTag("theirs/app", "multi")).toEqual({
        mediaType: multi.descriptor.mediaType,
        digest: multi.descriptor.digest,
        size: multi.bytes.length,
      });
      expect(await collect(client.tags("theirs/app"))).toEqual(["multi", "v1"]);
      for (const image of [one, foreign]) {
        const { digest } = image.descriptor;
        expect(Buffer.from(await (await client.getManifest("theirs/app", digest)).bytes())).toEqual(
          image.bytes,
        );
        for (const { descriptor, bytes } of [image.config, ...image.layers])
          expect(Buffer.from(await (await client.getBlob("theirs/app", descriptor.digest)).bytes())).toEqual(
            bytes,
          );
      }
    });

    it("copies a layout to the registry, which skopeo and podman pull", async () => {
      const client = await open();
      await using source = await openLayout(join(cwd, "source"), { defaultRepository: "app" });
      for (const reference of ["v1", "multi"])
        await copy(
          { registry: source, repository: "app", reference },
          { registry: client, repository: "ours/app", reference },
        );
      await skopeo(`docker://${theirs.host}/ours/app:multi`, "oci:pulled:multi");
      expectBlobs(cwd, "pulled", [...contentsOf(one, foreign), multi]);
      const podman = storageIn(mkdtempSync(join(cwd, "podman-")), "podman");
      const id = await podman(
        "pull",
        `--cert-dir=${join(cwd, "trust")}`,
        ...(kind === "no" ? [] : [`--creds=${account.username}:${account.password}`]),
        `docker://${theirs.host}/ours/app:v1`,
      );
      expect(id).toContain(one.config.descriptor.digest.slice("sha256:".length));
    });

    it("copies the registry to a layout, which skopeo reads", async () => {
      await skopeo("oci:source:multi", `docker://${theirs.host}/down/app:multi`);
      const client = await open();
      await using layout = await openLayout(join(cwd, "down"), { defaultRepository: "app" });
      await copy(
        { registry: client, repository: "down/app", reference: "multi" },
        { registry: layout, repository: "app", reference: "multi" },
      );
      expectBlobs(cwd, "down", [...contentsOf(one, foreign), multi]);
      await skopeoIn(cwd)("copy", "--all", "oci:down:multi", "oci:read:multi");
    });

    it("copies from registry to registry, of the same kind and of ours, and mounts blobs", async () => {
      await skopeo("oci:source:multi", `docker://${theirs.host}/from/app:multi`);
      const client = await open();
      const other = await open();
      const { host } = await serveRegistry("a shared layout");
      const ours = await openRemote(host, { credentials: false });
      onTestFinished(async () => ours.close());
      const from = { registry: client, repository: "from/app", reference: "multi" };
      const within = await copy(from, { registry: client, repository: "mounted/app", reference: "multi" });
      expect([within.blobs.mounted > 0, within.blobs.copied]).toEqual([true, 0]);
      await copy(from, { registry: other, repository: "copied/app", reference: "multi" });
      await copy(from, { registry: ours, repository: "app", reference: "multi" });
      await copy(
        { registry: ours, repository: "app", reference: "multi" },
        { registry: client, repository: "back/app", reference: "multi" },
      );
      for (const name of ["mounted/app", "copied/app", "back/app"])
        expect((await client.resolveTag(name, "multi")).digest).toBe(multi.descriptor.digest);
    });

    it.skipIf(kind === "no")("rejects a wrong password with a code", async () => {
      const client = await open({ credentials: { ...account, password: "wrong" } });
      const code = { code: expect.stringMatching(/^(UNAUTHORIZED|DENIED)$/) as unknown };
      await expect(client.ping()).rejects.toMatchObject(code);
      await expect(client.resolveTag("theirs/app", "v1")).rejects.toMatchObject(code);
    });

    it("does not connect without the certificate of the authority", async () => {
      await expect(open({ ca: undefined, retries: 0 })).rejects.toMatchObject({ code: "REMOTE_FAILED" });
    });

    it.skipIf(kind !== "token")("asks for tokens of the repositories that a call is about only", async () => {
      const client = await open();
      const { length } = tokens?.issued ?? [];
      await client.resolveTag("theirs/app", "v1");
      expect(tokens?.issued.slice(length)).toEqual(["repository:theirs/app:pull"]);
    });
  },
);
