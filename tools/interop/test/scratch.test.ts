import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, mkdirSync } from "node:fs";
import { openLayout } from "@ocilayout/layout-core";
import { collect, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { it } from "vitest";
import * as I from "./images.ts";
import { anyPolicy } from "./programs.ts";

function sh(cwd: string, cmd: string): void {
  let out: string;
  try { out = execFileSync("bash", ["-c", `${cmd} 2>&1`], { cwd, encoding: "utf8" }); } catch (e: any) { out = `FAILED ${e.stdout}`; }
  console.log(`$ ${cmd}\n${out}`);
}
it("explores", async () => {
  const w = I.workspace();
  const d = join(w, "layout");
  const r = await openLayout(d, { defaultRepository: "app" });
  const a = I.buildImage("a"), b = I.buildImage("b"), c = I.buildImage("c", I.otherPlatform), u = I.buildImage("untagged");
  await I.pushImage(r, "app", a, "a");
  await I.pushImage(r, "app", b);
  await I.pushImage(r, "app", c);
  await I.pushImage(r, "app", u);
  const multi = I.buildIndex(b, c);
  await I.pushManifest(r, "app", multi, "multi");
  const nested = I.json(ociMediaTypes.imageIndex, { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests: [multi.descriptor] });
  await I.pushManifest(r, "app", nested, "nested");
  await r.pushBlob("app", emptyDescriptor, Buffer.from("{}"));
  const layer = I.content(Buffer.from("hello"), "text/plain");
  await r.pushBlob("app", layer.descriptor, layer.bytes);
  const art = I.json(ociMediaTypes.imageManifest, { schemaVersion: 2, mediaType: ociMediaTypes.imageManifest, artifactType: "text/x", config: emptyDescriptor, layers: [layer.descriptor], subject: a.descriptor });
  await I.pushManifest(r, "app", art, "art");
  for (const [n, x] of Object.entries({ a, b, c, u, multi, nested, art })) console.log(n, x.descriptor.digest);
  console.log("layers", a.layers.map(l=>l.descriptor.digest), a.config.descriptor.digest);
  sh(w, "jq -c .manifests[] layout/index.json; umoci ls --layout layout; find layout -not -path '*/blobs/*'");
  sh(w, "skopeo inspect oci:layout:a; skopeo inspect --raw oci:layout:multi; skopeo inspect oci:layout:multi; skopeo inspect oci:layout:nested; skopeo inspect oci:layout:art");
  sh(w, "skopeo inspect --config --raw oci:layout:a; skopeo inspect oci:layout");
  sh(w, "skopeo copy -q --insecure-policy oci:layout:a oci:out:a; skopeo copy -q --insecure-policy --all oci:layout:multi oci:out:multi; skopeo copy -q --insecure-policy --all oci:layout:nested oci:out:nested;skopeo copy -q --insecure-policy oci:layout:art oci:out:art; skopeo copy -q --all --insecure-policy oci:layout:multi dir:dir; jq -c . out/index.json; ls -la dir out/blobs/sha256");
  sh(w, "for x in a multi nested art; do umoci stat --json --image layout:$x; umoci unpack --image layout:$x bundle-$x; find bundle-$x | head -20; done");
  sh(w, "cat bundle-a/config.json | jq -c .process; cat bundle-a/umoci.json; ls -la bundle-a/rootfs/bin");
  sh(w, "cp -r layout gc; ls gc/blobs/sha256 | wc -l; umoci gc --layout gc; jq -c .manifests[] gc/index.json; ls gc/blobs/sha256; ls -a gc");
  const before = readdirSync(join(d, "blobs/sha256"));
  const after = new Set(readdirSync(join(w, "gc/blobs/sha256")));
  const names = Object.fromEntries(Object.entries({ a, b, c, u, multi, nested, art }).map(([n, x]) => [x.descriptor.digest.slice(7), n]));
  console.log("gone", before.filter(x => !after.has(x)).map(x => names[x] ?? x));
  const g = await openLayout(join(w, "gc"), { defaultRepository: "app" });
  console.log(await collect(g.verify()));
  // shared names
  const s = await openLayout(join(w, "shared"));
  await I.pushImage(s, "team/app", a, "v1");
  await I.pushImage(s, "team/app", u);
  await I.pushImage(s, "b", b, "v1");
  sh(w, "jq -c .manifests[] shared/index.json; umoci ls --layout shared; for x in skopeo\\ inspect\\ oci: umoci\\ stat\\ --image\\ ; do ${x}shared:team/app:v1; ${x}shared:b:v1; ${x}shared:team/app@" + u.descriptor.digest + "; done");
  sh(w, "umoci gc --layout shared"); console.log(await collect(s.verify()));
  sh(w, `skopeo copy -q ${anyPolicy} oci:layout:b oci:shared:a.b/c:v1;skopeo copy -q ${anyPolicy} oci:layout:b oci:shared:a.b:80/c:v1; skopeo copy -q ${anyPolicy} oci:layout:a oci:shared; jq -c .manifests[] shared/index.json`);
  mkdirSync(join(w, "x"));
});
it("umoci writes", async () => {
  const w = I.workspace();
  const d = join(w, "layout");
  const r = await openLayout(d, { defaultRepository: "app" });
  const a = I.buildImage("a");
  await I.pushImage(r, "app", a, "a");
  const up = await r.pushBlobChunked("app"); await up.write(Buffer.from("hel")); 
  for (const c of ["umoci tag --image layout:a b", "umoci new --image layout:new", "echo hi > f; umoci insert --image layout:new f /f", "umoci unpack --image layout:a bundle && echo more > bundle/rootfs/etc/more && umoci repack --image layout:repacked bundle", "umoci config --image layout:a --config.user nobody --tag configured", "umoci rm --image layout:b", "umoci tag --image layout:a x:y/z", "umoci tag --image layout:a team/z:1", "umoci gc --layout layout"]) {
    sh(w, c + "; jq -c .manifests[] layout/index.json; ls -a layout");
    console.log(await collect(r.tags("app")), await collect(r.repositories()), await collect(r.verify()));
  }
  await up.write(Buffer.from("lo")); console.log(await up.commit(I.digestOf(Buffer.from("hello"))));
  console.log(readFileSync(join(d, "index.json"), "utf8"));
});
