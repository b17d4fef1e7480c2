// `node dist/hostile-clients.js PORT DIGEST SECONDS [ONLY]`: clients that take all resources they can from a server at
// 127.0.0.1.
import { connect } from "node:net";
import type { Socket } from "node:net";

const [port, digest = "", seconds, only = ""] = process.argv.slice(2);
const until = performance.now() + Number(seconds) * 1000;
const open: Set<Socket> = new Set();

/** Opens a connection from one of four addresses. The well-behaved clients have another address. */
function openFrom(index: number): Socket {
  const socket = connect({
    host: "127.0.0.1",
    port: Number(port),
    localAddress: `127.0.0.${2 + (index % 4)}`,
  });
  socket.on("error", () => undefined);
  socket.on("close", () => open.delete(socket));
  open.add(socket);
  return socket;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function head(method: string, path: string, headers = ""): string {
  return `${method} /v2/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
}

/** Calls `begin` `count` times, waits, closes all connections, and starts again until the time is over. */
async function again(
  count: number,
  ms: number,
  begin: (index: number) => readonly Socket[] | Socket,
): Promise<void> {
  while (performance.now() < until) {
    const sockets = Array.from({ length: count }, (_, index) => begin(index)).flat();
    await pause(Math.min(ms, Math.max(until - performance.now(), 0)));
    for (const socket of sockets) socket.destroy();
    await pause(20);
  }
}

const piece = Buffer.alloc(64 * 1024, "x");
const document = Buffer.alloc(8 * 1024 * 1024, "[1],");

const ways: Readonly<Record<string, () => Promise<void>>> = {
  "2,001 pipelined downloads, unread": () =>
    again(4, 3000, (index) => {
      const socket = openFrom(index).pause();
      socket.write(head("GET", `hostile/blobs/${digest}`).repeat(2001));
      return socket;
    }),
  "bodies that drip": () =>
    again(256, 8000, (index) => {
      const socket = openFrom(index).resume();
      socket.write(head("POST", `hostile/blobs/uploads/?digest=${digest}`, "Content-Length: 4194304\r\n"));
      const drip = setInterval(() => socket.write("x"), 1000);
      socket.once("close", () => {
        clearInterval(drip);
      });
      return socket;
    }),
  "downloads that stall": () =>
    again(128, 5000, (index) => {
      const socket = openFrom(index).pause();
      socket.write(head("GET", `hostile/blobs/${digest}`));
      return socket;
    }),
  "manifests of 8 MiB at once": () =>
    again(32, 4000, (index) => {
      const socket = openFrom(index).resume();
      socket.write(
        head(
          "PUT",
          `hostile/manifests/v${index}`,
          `Content-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: ${document.length}\r\n`,
        ),
      );
      socket.write(document);
      return socket;
    }),
  "upload sessions": () =>
    again(4, 1000, (index) => {
      const socket = openFrom(index).resume();
      socket.write(head("POST", "hostile/blobs/uploads/", "Content-Length: 0\r\n").repeat(100));
      return socket;
    }),
  "headers that never end": () =>
    again(200, 6000, (index) => {
      const socket = openFrom(index).resume();
      socket.write("GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\n");
      const drip = setInterval(() => socket.write("X: y\r\n"), 1000);
      socket.once("close", () => {
        clearInterval(drip);
      });
      return socket;
    }),
  connections: () => again(300, 2000, (index) => openFrom(index).resume()),
  "interrupted uploads": () =>
    again(16, 2000, (index) => {
      const socket = openFrom(index).resume();
      socket.write(head("POST", `hostile/blobs/uploads/?digest=${digest}`, "Content-Length: 4194304\r\n"));
      for (let i = 0; i < 32; i += 1) socket.write(piece);
      return socket;
    }),
};

const chosen = Object.entries(ways).filter(([name]) => name.includes(only));
await Promise.all(chosen.map(([, way]) => way()));
for (const socket of open) socket.destroy();
