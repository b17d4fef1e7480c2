import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A private authority, and a certificate that it issued for this machine. */
export interface Authority {
  /** The certificate of the authority, in PEM. */
  readonly ca: string;
  /** The path of the certificate of `localhost` and 127.0.0.1. */
  readonly certificate: string;
  /** The path of its key. */
  readonly key: string;
  /** Issues a certificate for a client: `client.cert` and `client.key` in a directory. */
  issueClient(directory: string): void;
}

const KEY = ["-newkey", "rsa:2048", "-nodes"];

/** Makes an authority with openssl, whose files are in `directory`. */
export function makeAuthority(directory: string): Authority {
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  };
  openssl(
    "req",
    "-x509",
    ...KEY,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=interop",
  );
  openssl("req", "-new", ...KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(join(directory, "server.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "server.crt", "-days", "2", "-extfile", "server.ext"],
  );
  return {
    ca: readFileSync(join(directory, "ca.crt"), "utf8"),
    certificate: join(directory, "server.crt"),
    key: join(directory, "server.key"),
    issueClient: (to) => {
      openssl(
        "req",
        "-new",
        ...KEY,
        "-keyout",
        join(to, "client.key"),
        "-out",
        "client.csr",
        "-subj",
        "/CN=client",
      );
      writeFileSync(join(directory, "client.ext"), "extendedKeyUsage=clientAuth\n");
      openssl(
        ...["x509", "-req", "-in", "client.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
        ...["-out", join(to, "client.cert"), "-days", "2", "-extfile", "client.ext"],
      );
    },
  };
}
