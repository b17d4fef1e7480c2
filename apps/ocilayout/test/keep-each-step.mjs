// Preloaded into a process: copies the directory SOURCE to COPIES/1, COPIES/2, … before each of its file-system calls. Each
// copy is what the process would leave if it were killed there.
import fs from "node:fs";
import { join } from "node:path";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

const { SOURCE, COPIES } = process.env;
const names = ["open", "write", "fsync", "mkdir", "link", "rename", "unlink", "rmdir"];
let steps = 0;
let isCopying = false;

function keep() {
  if (isCopying || !fs.existsSync(SOURCE)) return;
  steps += 1;
  isCopying = true;
  fs.cpSync(SOURCE, join(COPIES, String(steps)), { recursive: true });
  isCopying = false;
}

/** Returns a function that calls `keep`, then `call`. */
function keeping(call) {
  return function (...args) {
    keep();
    return call.apply(this, args);
  };
}

for (const name of names) {
  const promised = promisify(fs[name]);
  fs[name] = Object.assign(keeping(fs[name]), { [promisify.custom]: keeping(promised) });
  fs.promises[name] &&= keeping(fs.promises[name]);
  fs[`${name}Sync`] = keeping(fs[`${name}Sync`]);
}
syncBuiltinESMExports();
