import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { startDistribution } from "./distribution.ts";
import { digestOf, json, pushImage, type Content } from "./images.ts";
import { has, orasIn, type Run } from "./programs.ts";
import {
  artifact,
  contentsOf,
  expectBlobs,
  foreign,
  kindsOnDisk,
  multi,
  one,
  pushMulti,
  serveRegistry,
  writeSource,
  type Kind,
  type Served,
} from "./serving.ts";

const isHere = has("oras");
const hello = Buffer.from("hello\n");
const sbom = Buffer.from('{"sbom":1}\n');

/** The members of oras's JSON output that the tests read. */
interface Printed {
  readonly digest: string;
  readonly artifactType?: string;
  readonly manifests: readonly Printed[];
}

interface Shared extends Served {
  readonly oras: Run;
  /** Runs oras with JSON output. */
  readonly print: (command: string, ...args: readonly string[]) => Promise<Printed>;
  /** Returns the digest of a manifest of the server. */
  readonly resolve: (name: string) => Promise<string>;
  /** Returns the reference of an artifact of the server. */
  readonly at: (name: string) => string;
}

/** Starts a server, and makes the layout `source` and the files `hello.txt` and `sbom.json`. */
async function share(kind: Kind): Promise<Shared> {
  const served = await serveRegistry(kind);
  await writeSource(served.cwd);
  writeFileSync(join(served.cwd, "hello.txt"), hello);
  writeFileSync(join(served.cwd, "sbom.json"), sbom);
  const oras = orasIn(served.cwd);
  const print: Shared["print"] = async (command, ...args) =>
    JSON.parse(await oras(command, "--plain-http", "--format", "json", ...args)) as Printed;
  const at: Shared["at"] = (name) => `${served.host}/${name}`;
  const resolve: Shared["resolve"] = async (name) => (await oras("resolve", "--plain-http", at(name))).trim();
  return { ...served, oras, print, resolve, at };
}

/** Pushes `hello.txt` as `app:v1`, and attaches `sbom.json` to it. */
async function pushBoth({
  print,
  at,
}: Shared): Promise<{ readonly subject: Printed; readonly referrer: Printed }> {
  const subject = await print(
    "push",
    "--artifact-type",
    "application/vnd.example",
    at("app:v1"),
    "hello.txt:text/plain",
  );
  const referrer = await print(
    "attach",
    "--artifact-type",
    "application/vnd.example.sbom",
    at("app:v1"),
    "sbom.json:application/json",
  );
  return { subject, referrer };
}

describe.skipIf(!isHere).each(kindsOnDisk)("oras with a server of %s", (kind) => {
  it("attaches a referrer, discovers it by type, and pulls it, without a tag for it", async () => {
    const shared = await share(kind);
    const { cwd, registry, oras, print, at } = shared;
    const { subject, referrer } = await pushBoth(shared);
    const discover = async (...args: readonly string[]): Promise<unknown> =>
      (await print("discover", ...args, at("app:v1"))).manifests;
    expect(await discover()).toEqual([
      expect.objectContaining({ digest: referrer.digest, artifactType: "application/vnd.example.sbom" }),
    ]);
    expect(await discover("--artifact-type", "application/vnd.example.sbom")).toHaveLength(1);
    expect(await discover("--artifact-type", "application/vnd.other")).toEqual([]);
    expect((await collect(registry.referrers("app", subject.digest))).map(({ digest }) => digest)).toEqual([
      referrer.digest,
    ]);
    expect(await collect(registry.tags("app"))).toEqual(["v1"]);
    await oras("pull", "--plain-http", "--output", "back", at(`app@${referrer.digest}`));
    expect(readFileSync(join(cwd, "back/sbom.json"))).toEqual(sbom);
  });

  it("copies an artifact and its referrers to another repository and mounts their blobs", async () => {
    const shared = await share(kind);
    const { requests, oras, print, resolve, at } = shared;
    const { subject, referrer } = await pushBoth(shared);
    const before = requests.length;
    await oras("cp", "--recursive", "--from-plain-http", "--to-plain-http", at("app:v1"), at("copied:v1"));
    const uploads = requests.slice(before).filter((request) => /^(POST|PATCH|PUT) .*\/blobs\//.test(request));
    // In a shared layout, every repository has the blobs already.
    const blobs = kind === "a shared layout" ? [] : [hello, sbom, Buffer.from("{}")].map(digestOf);
    expect(uploads.sort()).toEqual(
      blobs.map((digest) => `POST /v2/copied/blobs/uploads/?mount=${digest}&from=app 201`).sort(),
    );
    expect((await print("discover", at("copied:v1"))).manifests.map(({ digest }) => digest)).toEqual([
      referrer.digest,
    ]);
    expect(await resolve("copied:v1")).toBe(subject.digest);
  });

  it("reads from the directory itself what it pushed to the server", async () => {
    const shared = await share(kind);
    const { oras, onDisk, close } = shared;
    const { subject, referrer } = await pushBoth(shared);
    const [layout, name] = onDisk("app", "v1");
    const tags = async (): Promise<string[]> =>
      (await oras("repo", "tags", "--oci-layout", layout)).trim().split("\n");
    expect(await tags()).toContain(name);
    await close();
    expect(await tags()).toContain(name);
    const { manifests } = JSON.parse(
      await oras("discover", "--format", "json", "--oci-layout", `${layout}@${subject.digest}`),
    ) as Printed;
    expect(manifests.map(({ digest }) => digest)).toEqual([referrer.digest]);
  });
});

describe.skipIf(!isHere)("oras with a server of memory", () => {
  it("pushes an artifact with two tags, and pulls it back, byte for byte", async () => {
    const { cwd, registry, oras, print, at } = await share("memory");
    const { digest } = await print(
      "push",
      "--artifact-type",
      "application/vnd.example",
      at("team/app:v1,latest"),
      "hello.txt:text/plain",
      "sbom.json:application/json",
    );
    expect(await collect(registry.tags("team/app"))).toEqual(["latest", "v1"]);
    expect((await registry.resolveTag("team/app", "latest")).digest).toBe(digest);
    await oras("pull", "--plain-http", "--output", "back", at("team/app:v1"));
    expect(readFileSync(join(cwd, "back/hello.txt"))).toEqual(hello);
    expect(readFileSync(join(cwd, "back/sbom.json"))).toEqual(sbom);
  });

  it("fetches a manifest's bytes and descriptor, and one platform's image from an index", async () => {
    const { registry, oras, at } = await share("memory");
    await pushMulti(registry);
    const fetchManifest = async (...args: readonly string[]): Promise<string> =>
      oras("manifest", "fetch", "--plain-http", ...args);
    expect(await fetchManifest(at("app:multi"))).toBe(multi.bytes.toString());
    expect(await fetchManifest(at(`app@${one.descriptor.digest}`))).toBe(one.bytes.toString());
    expect(JSON.parse(await fetchManifest("--descriptor", at("app:multi")))).toEqual(multi.descriptor);
    expect(await fetchManifest("--platform", "linux/s390x", at("app:multi"))).toBe(foreign.bytes.toString());
  });

  it("pushes and fetches a manifest of an unknown type", async () => {
    const { cwd, oras, at } = await share("memory");
    const opaque: Content = json("application/vnd.example.opaque+json", { config: 1 });
    writeFileSync(join(cwd, "opaque.json"), opaque.bytes);
    await oras(
      "manifest",
      "push",
      "--plain-http",
      "--media-type",
      opaque.descriptor.mediaType,
      at("app:opaque"),
      "opaque.json",
    );
    expect(
      JSON.parse(await oras("manifest", "fetch", "--plain-http", "--descriptor", at("app:opaque"))),
    ).toEqual(opaque.descriptor);
  });

  it("learns which blobs are missing when it pushes a manifest alone", async () => {
    const { cwd, registry, oras, at } = await share("memory");
    writeFileSync(join(cwd, "manifest.json"), one.bytes);
    await expect(oras("manifest", "push", "--plain-http", at("app:v1"), "manifest.json")).rejects.toThrow(
      one.config.descriptor.digest,
    );
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("lists tags and repositories, tags and resolves", async () => {
    const { registry, oras, resolve, at, host } = await share("memory");
    for (const repository of ["app", "team/app"]) await pushImage(registry, repository, one, "v1");
    await oras("tag", "--plain-http", at("app:v1"), "v2", "latest");
    expect(await oras("repo", "tags", "--plain-http", at("app"))).toBe("latest\nv1\nv2\n");
    expect(await oras("repo", "tags", "--plain-http", "--last", "latest", at("app"))).toBe("v1\nv2\n");
    expect(await oras("repo", "ls", "--plain-http", host)).toBe("app\nteam/app\n");
    expect(await resolve("app:latest")).toBe(one.descriptor.digest);
  });

  it("deletes an artifact with its tags, and its referrer stays", async () => {
    const shared = await share("memory");
    const { registry, oras, resolve, at } = shared;
    const { subject, referrer } = await pushBoth(shared);
    await oras("manifest", "delete", "--plain-http", "--force", at("app:v1"));
    expect(await collect(registry.tags("app"))).toEqual([]);
    await expect(resolve(`app@${subject.digest}`)).rejects.toThrow("not found");
    expect(await resolve(`app@${referrer.digest}`)).toBe(referrer.digest);
  });

  it("pushes, fetches and deletes a blob", async () => {
    const { cwd, registry, oras, at } = await share("memory");
    await oras("blob", "push", "--plain-http", at("app"), "hello.txt");
    const blob = at(`app@${digestOf(hello)}`);
    await oras("blob", "fetch", "--plain-http", "--output", "back", blob);
    expect(readFileSync(join(cwd, "back"))).toEqual(hello);
    await oras("blob", "delete", "--plain-http", "--force", blob);
    await expect(oras("blob", "fetch", "--plain-http", "--output", "-", blob)).rejects.toThrow("not found");
    await expect(registry.resolveBlob("app", digestOf(hello))).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("cannot delete a blob that a manifest references", async () => {
    const { registry, oras, at } = await share("memory");
    await pushImage(registry, "app", one, "v1");
    const { digest } = one.config.descriptor;
    await expect(oras("blob", "delete", "--plain-http", "--force", at(`app@${digest}`))).rejects.toThrow(
      "denied",
    );
    expect((await registry.resolveBlob("app", digest)).digest).toBe(digest);
  });

  it("copies an image and its referrer from a layout, and into another, byte for byte", async () => {
    const { cwd, registry, oras, at } = await share("memory");
    await oras("cp", "--recursive", "--from-oci-layout", "--to-plain-http", "source:v1", at("app:v1"));
    expect(await registry.resolveTag("app", "v1")).toEqual(one.descriptor);
    await oras("cp", "--recursive", "--from-plain-http", "--to-oci-layout", at("app:v1"), "back:v1");
    expectBlobs(cwd, "back", contentsOf(one, artifact));
  });

  it("copies an index with its images from a layout, and into another, byte for byte", async () => {
    const { cwd, oras, at } = await share("memory");
    await oras("cp", "--from-oci-layout", "--to-plain-http", "source:multi", at("app:multi"));
    await oras("cp", "--from-plain-http", "--to-oci-layout", at("app:multi"), "back:multi");
    expectBlobs(cwd, "back", [multi, ...contentsOf(one, foreign)]);
  });
});

describe.skipIf(![isHere, has("docker-registry")].every(Boolean))(
  "oras between docker-registry and our server",
  () => {
    it("copies an image and its referrer from a registry without a referrers API to ours, which needs no tag for them", async () => {
      const { registry, oras, print, at } = await share("memory");
      await using theirs = await startDistribution();
      await oras(
        "cp",
        "--recursive",
        "--from-oci-layout",
        "--to-plain-http",
        "source:v1",
        `${theirs.host}/app:v1`,
      );
      await oras(
        "cp",
        "--recursive",
        "--from-plain-http",
        "--to-plain-http",
        `${theirs.host}/app:v1`,
        at("app:v1"),
      );
      expect((await print("discover", at("app:v1"))).manifests.map(({ digest }) => digest)).toEqual([
        artifact.descriptor.digest,
      ]);
      expect(await collect(registry.tags("app"))).toEqual(["v1"]);
    });
  },
);
