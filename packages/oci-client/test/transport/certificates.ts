import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Whether openssl is installed. If not, tests that need certificates are skipped, except in CI. */
export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined)
      throw new Error("openssl is not installed, but CI needs it");
    console.info("skipped: TLS, because openssl is not installed");
    return false;
  }
}

/** Makes an authority in `directory`. Returns its certificate, and a function that issues certificates. */
export function makeAuthority(directory: string): { readonly ca: string; issue(name: string): Certificate } {
  const run = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  };
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  return {
    ca: read("ca.pem"),
    issue: (name) => {
      run("req", "-new", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      writeFileSync(join(directory, `${name}.ext`), `subjectAltName=DNS:${name},IP:127.0.0.1\n`);
      const authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
      run(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        ...authority,
        "-out",
        `${name}.pem`,
        "-days",
        "2",
        "-extfile",
        `${name}.ext`,
      );
      return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
    },
  };
}
