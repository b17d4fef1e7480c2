import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { ServeOptions } from "@ocilayout/oci-server/node";
import { serve } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";
import { collect, computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { browse, hasChromium, servePages } from "./browser.ts";

const secret = JSON.stringify({ secret: true });
const dropped = "dropped by a page";
const { digest } = await computeDigest(new TextEncoder().encode(dropped));

interface Served {
  readonly registry: Registry;
  readonly port: number;
  /** The requests that could change something, with their status. */
  readonly changes: readonly string[];
  /** Resolves when the manifest `app:page` has been sent twice. */
  readonly pulled: Promise<void>;
}

/** Serves a writable registry on this machine, with the tag `app:v1`. */
async function start(options: ServeOptions = {}): Promise<Served> {
  const registry = createMemoryRegistry();
  await registry.pushManifest("app", new TextEncoder().encode(secret), "application/x", { tags: ["v1"] });
  const server = await serve(registry, { port: 0, writable: true, ...options });
  onTestFinished(() => server.close(0));
  const changes: string[] = [];
  let pulls = 0;
  let tell: () => void = () => undefined;
  const pulled: Promise<void> = new Promise((resolve) => {
    tell = resolve;
  });
  server.server.prependListener("request", ({ method = "", url = "" }, response) => {
    if (url.endsWith("/manifests/page"))
      response.on("finish", () => {
        if (++pulls === 2) tell();
      });
    if (!["GET", "HEAD", "OPTIONS"].includes(method))
      response.on("finish", () => changes.push(`${method} ${response.statusCode}`));
  });
  return { registry, port: server.port, changes, pulled };
}

/** Expects that the registry is unchanged. */
async function expectUnchanged({ registry }: Served): Promise<void> {
  expect(await collect(registry.repositories())).toEqual(["app"]);
  expect(await collect(registry.tags("app"))).toEqual(["v1"]);
  expect(await (await registry.getTag("app", "v1")).text()).toBe(secret);
  for (const repository of ["app", "drop"])
    await expect(registry.resolveBlob(repository, digest)).rejects.toMatchObject({
      code: expect.stringMatching(/UNKNOWN/) as unknown,
    });
}

/** The requests of a page with `fetch`. Reports the status of each, or that it failed. */
const attempts = (base: string): string => `
  const base = ${JSON.stringify(base)};
  const body = ${JSON.stringify(dropped)};
  const attempt = (path, options) => fetch(base + path, options).then(async (r) => r.type === "opaque" ? "opaque" : r.status + " " + await r.text(), () => "failed");
  const results = {
    whole: await attempt("/v2/drop/blobs/uploads/?digest=${digest}", { method: "POST", body }),
    wholeNoCors: await attempt("/v2/drop/blobs/uploads/?digest=${digest}", { method: "POST", mode: "no-cors", body }),
    session: await attempt("/v2/drop/blobs/uploads/", { method: "POST", mode: "no-cors", credentials: "include" }),
    noReferrer: await attempt("/v2/drop/blobs/uploads/?digest=${digest}", { method: "POST", mode: "no-cors", body, referrerPolicy: "no-referrer" }),
    put: await attempt("/v2/app/manifests/v1", { method: "PUT", headers: { "content-type": "application/x" }, body }),
    patch: await attempt("/v2/app/blobs/uploads/x", { method: "PATCH", body }),
    remove: await attempt("/v2/app/manifests/v1", { method: "DELETE" }),
    read: await attempt("/v2/app/manifests/v1", {}),
    readNoCors: await attempt("/v2/app/manifests/v1", { mode: "no-cors" }),
    list: await attempt("/v2/_catalog", {}),
  };`;

/** Returns a document of a media type whose script requests `url`. */
function contentOf(type: string, url: string): string {
  const script = `<script>fetch("${url}", { mode: "no-cors" }); location = "${url}";</script>`;
  return type === "image/svg+xml"
    ? `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`
    : `<html xmlns="http://www.w3.org/1999/xhtml"><body>${script}</body></html>`;
}

describe.skipIf(!hasChromium())("a page in Chromium", { timeout: 120_000 }, () => {
  it("from another origin can neither change nor read", async () => {
    const served = await start();
    const base = `http://127.0.0.1:${served.port}`;
    const pages = await servePages(`${attempts(base)}
      const post = (attributes) => new Promise((resolve) => {
        const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { name: "f" + Math.random(), onload: resolve }));
        const form = document.body.appendChild(Object.assign(document.createElement("form"), { method: "POST", target: frame.name, ...attributes }));
        form.append(Object.assign(document.createElement("input"), { name: "x", value: body }));
        form.submit();
      });
      await post({ action: base + "/v2/drop/blobs/uploads/?digest=${digest}", enctype: "text/plain" });
      await post({ action: base + "/v2/drop/blobs/uploads/" });
      results.beacon = navigator.sendBeacon(base + "/v2/drop/blobs/uploads/?digest=${digest}", body);
      const load = (tag, attributes) => new Promise((resolve) => {
        document.body.append(Object.assign(document.createElement(tag), { onload: () => resolve("loaded"), onerror: () => resolve("failed"), ...attributes }));
      });
      results.image = await load("img", { src: base + "/v2/app/manifests/v1" });
      results.script = await load("script", { src: base + "/v2/app/manifests/v1" });
      await report(results);`);
    browse(`http://evil.example:${pages.port}/`);
    const { beacon, ...results } = await pages.reported;
    expect(beacon).toBe(true);
    expect(new Set(Object.values(results))).toEqual(new Set(["failed"]));
    expect(served.changes.length).toBeGreaterThanOrEqual(5);
    expect(served.changes.filter((change) => !change.endsWith(" 403"))).toEqual([]);
    await expectUnchanged(served);
  });

  it("whose host resolves to this machine can do nothing", async () => {
    const served = await start();
    const pages = await servePages(`${attempts("")} await report(results);`, { passTo: served.port });
    browse(`http://rebind.example:${pages.port}/`);
    const results = Object.values(await pages.reported).map(String);
    expect(results.length).toBe(10);
    for (const result of results) expect(result).toMatch(/^403 .*DENIED/);
    await expectUnchanged(served);
  });

  it("from an allowed origin can push, and read digests and lists, while others still cannot", async () => {
    const place = { base: "" };
    const files = {
      get "/place"(): string {
        return JSON.stringify(place);
      },
    };
    const script = `
      const { base } = await (await fetch("/place")).json();
      const put = await fetch(base + "/v2/app/manifests/v2", { method: "PUT", headers: { "content-type": "application/x" }, body: "new" }).catch(() => undefined);
      const got = await fetch(base + "/v2/app/manifests/v2").catch(() => undefined);
      const missing = await fetch(base + "/v2/app/manifests/v3").catch(() => undefined);
      await report({
        put: put?.status, location: put?.headers.get("location"), digest: got?.headers.get("docker-content-digest"), text: await got?.text(), missing: await missing?.json(),
      });`;
    const [pages, others] = [await servePages(script, { files }), await servePages(script, { files })];
    const served = await start({ allowedOrigins: [`http://ui.example:${pages.port}`] });
    place.base = `http://127.0.0.1:${served.port}`;
    browse(`http://evil.example:${others.port}/`);
    expect(await others.reported).toEqual({});
    await expectUnchanged(served);
    browse(`http://ui.example:${pages.port}/`);
    const { digest: pushed } = await computeDigest(new TextEncoder().encode("new"));
    expect(await pages.reported).toMatchObject({
      put: 201,
      location: `/v2/app/manifests/${pushed}`,
      digest: pushed,
      text: "new",
      missing: { errors: [{ code: "MANIFEST_UNKNOWN" }] },
    });
  });

  it.each(["text/html", "image/svg+xml", "application/xhtml+xml"])(
    "is never rendered from content of the registry: %s",
    async (type) => {
      const served = await start();
      const ordinary = await servePages("", {
        files: { "/v2/app/manifests/page": contentOf(type, "control") },
      });
      const opening = (port: number): string => `
      const url = "http://127.0.0.1:${port}/v2/app/manifests/page";
      open(url);
      document.body.append(Object.assign(document.createElement("iframe"), { src: url }));`;
      const pages = await servePages(opening(served.port));
      await served.registry.pushManifest(
        "app",
        new TextEncoder().encode(contentOf(type, `http://evil.example:${pages.port}/ran`)),
        type,
        { tags: ["page"] },
      );
      browse(`http://evil.example:${pages.port}/`);
      await served.pulled;
      // From an ordinary server the same content runs, in a browser that started later. So the test would notice it.
      const control = await servePages(opening(ordinary.port));
      browse(`http://evil.example:${control.port}/`);
      await ordinary.until("/v2/app/manifests/control");
      expect(pages.asked).not.toContain("/ran");
    },
  );
});
