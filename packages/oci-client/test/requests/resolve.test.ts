import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";

import { createRegistryClient } from "../../src/requests/create-registry-client.ts";
import type { RegistryClient } from "../../src/requests/registry-client.ts";
import { anonymous } from "./helpers.ts";

const transport = { send: async () => Promise.reject(new Error("not used")), close: async () => undefined };

function clientAt(origin: string, allowedHosts: readonly string[] = []): RegistryClient {
  return createRegistryClient({
    origin: new URL(origin),
    transport,
    authenticator: anonymous,
    insecure: true,
    allowedHosts,
  });
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return isRegistryError(error) ? error.code : String(error);
  }
}

const https = clientAt("https://registry.example");
const base = new URL("https://registry.example/v2/app/blobs/uploads/");

describe("an address of an upload", () => {
  it.each([
    [
      "/v2/app/blobs/uploads/1?_state=a%2Bb%3D%3D&x=a+b",
      "https://registry.example/v2/app/blobs/uploads/1?_state=a%2Bb%3D%3D&x=a+b",
    ],
    ["1?_state=%7E%20'", "https://registry.example/v2/app/blobs/uploads/1?_state=%7E%20%27"],
    ["?_state=x", "https://registry.example/v2/app/blobs/uploads/?_state=x"],
    ["https://storage.example/upload?sig=%2f", "https://storage.example/upload?sig=%2f"],
    ["//storage.example/upload", "https://storage.example/upload"],
    ["/v2/#fragment", "https://registry.example/v2/"],
    ["http://registry.example/v2/1", "https://registry.example/v2/1"],
  ])("trap 15: %s is %s", (location, resolved) => {
    expect(https.resolve(location, base, "upload").href).toBe(resolved);
  });

  it.each([
    "http://storage.example/upload",
    "https://169.254.169.254/upload",
    "https://10.0.0.1/upload",
    "https://127.0.0.1/upload",
    "https://localhost/upload",
    "https://[::1]/upload",
    "https://user@storage.example/upload",
    "ftp://registry.example/upload",
    "https://",
  ])("trap 4: %s is refused", (location) => {
    expect(codeOf(() => https.resolve(location, base, "upload"))).toBe("REMOTE_FAILED");
  });

  it("trap 4: may be private if it is the registry's own host, or one that the caller allows", () => {
    const at = new URL("http://10.0.0.1:5000/v2/");
    const client = clientAt("http://10.0.0.1:5000", ["10.0.0.3:9000"]);
    expect(client.resolve("http://10.0.0.1:9000/x", at, "upload").port).toBe("9000");
    expect(client.resolve("http://10.0.0.3:9000/x", at, "upload").port).toBe("9000");
    expect(codeOf(() => client.resolve("http://10.0.0.3:9001/x", at, "upload"))).toBe("REMOTE_FAILED");
    expect(codeOf(() => client.resolve("http://10.0.0.2:9000/x", at, "upload"))).toBe("REMOTE_FAILED");
    expect(codeOf(() => client.resolve("http://127.0.0.1/x", at, "upload"))).toBe("REMOTE_FAILED");
  });

  it("keeps the port of a registry that does not know that it is behind TLS", () => {
    const at = new URL("https://registry.example:8443/v2/");
    const client = clientAt("https://registry.example:8443");
    expect(client.resolve("http://registry.example:8443/x?a=%2B", at, "upload").href).toBe(
      "https://registry.example:8443/x?a=%2B",
    );
    expect(codeOf(() => client.resolve("http://registry.example:8080/x", at, "upload"))).toBe(
      "REMOTE_FAILED",
    );
  });
});

describe("the address of a page", () => {
  it("trap 6: may be on the registry only", () => {
    expect(https.resolve("/v2/app/tags/list?last=b&n=2", base, "page").href).toBe(
      "https://registry.example/v2/app/tags/list?last=b&n=2",
    );
    for (const other of [
      "https://evil.example/v2/",
      "https://registry.example:444/v2/",
      "//a.registry.example/v2/",
    ])
      expect(codeOf(() => https.resolve(other, base, "page"))).toBe("REMOTE_FAILED");
  });
});
