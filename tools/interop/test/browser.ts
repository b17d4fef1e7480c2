import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { onTestFinished } from "vitest";

/**
 * Whether Chromium is installed. If not, its tests are skipped, except in the long run of CI. The short run does
 * without, because a browser is a large package.
 */
export function hasChromium(): boolean {
  try {
    execFileSync("chromium", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] === "long")
      throw new Error("chromium is not installed, but the long run of CI needs it");
    console.info("skipped: what a web page can do, because chromium is not installed");
    return false;
  }
}

/**
 * Opens `url` in a headless Chromium until the running test ends. Every host below `example` resolves to this machine.
 */
export function browse(url: string): void {
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  const child = spawn(
    "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-popup-blocking",
      `--user-data-dir=${profile}`,
      "--host-resolver-rules=MAP *.example 127.0.0.1",
      "--remote-debugging-port=0",
      url,
    ],
    { stdio: "ignore", detached: true },
  );
  const closed = once(child, "close");
  onTestFinished(async () => {
    // Also kills the processes that it started.
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, "SIGKILL");
    await closed;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** A web server with pages, for the running test. */
export interface Pages {
  readonly port: number;
  /** The requested paths. */
  readonly asked: readonly string[];
  /** Waits until `path` is requested. */
  readonly until: (path: string) => Promise<void>;
  /** The value that a page passed to `report()`. */
  readonly reported: Promise<Record<string, unknown>>;
}

/**
 * Serves a page at `/` that runs `script`, and the HTML in `files`. The script may call `report(value)`. Requests below
 * `/v2/` are forwarded unchanged to the port `passTo`, as if the page's host now resolved to that server.
 */
export async function servePages(
  script: string,
  { files = {}, passTo }: { files?: Readonly<Record<string, string>>; passTo?: number } = {},
): Promise<Pages> {
  const asked: string[] = [];
  const news = new EventEmitter();
  let tell: (value: Record<string, unknown>) => void = () => undefined;
  const reported: Promise<Record<string, unknown>> = new Promise((resolve) => {
    tell = resolve;
  });
  const page = `<!doctype html><body><script type="module">
    const report = (value) => fetch("/report", { method: "POST", body: JSON.stringify(value) });
    ${script}
  </script></body>`;
  const server = createServer((request, response) => {
    const { method, url = "", headers } = request;
    asked.push(url);
    news.emit(url);
    if (passTo !== undefined && url.startsWith("/v2/")) {
      request.pipe(
        ask({ host: "127.0.0.1", port: passTo, method, path: url, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        }),
      );
    } else if (url === "/report") {
      void text(request).then((body) => {
        tell(JSON.parse(body) as Record<string, unknown>);
        response.end();
      });
    } else {
      response.setHeader("content-type", "text/html");
      response.end(url.split("?")[0] === "/" ? page : (files[url] ?? ""));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const until = async (path: string): Promise<void> => {
    if (!asked.includes(path)) await once(news, path);
  };
  return { port: (server.address() as AddressInfo).port, asked, reported, until };
}
