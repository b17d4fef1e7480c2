import { execFile } from "node:child_process";
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "vite";

const home = join(import.meta.dirname, "..");
const entries = ["index", "vitest", "node-test", "command/index", "memory/index"];

/** The result of a program. */
export interface Ended {
  /** The exit code, or `undefined` if the program was killed after a timeout. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project that has installed the kit as JavaScript for every Node, with the targets of these tests. */
export interface Project extends AsyncDisposable {
  readonly directory: string;
  /** Writes a file to the project. */
  write(name: string, content: string): Promise<void>;
  /** Runs the kit's command in the project. */
  command(...args: readonly string[]): Promise<Ended>;
  /** Runs Node in the project. */
  node(...args: readonly string[]): Promise<Ended>;
}

/** Creates a project. */
export async function createProject(): Promise<Project> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "layout-testkit-")));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const kit = join(directory, "node_modules", "@ocilayout", "layout-testkit");
  const node = (...args: readonly string[]): Promise<Ended> => runNode(directory, args);
  try {
    await bundle(join(kit, "dist"));
    for (const name of ["package.json", "bin"])
      await cp(join(home, name), join(kit, name), { recursive: true });
    await symlink(
      await realpath(join(home, "../../node_modules/vitest")),
      join(directory, "node_modules", "vitest"),
      "junction",
    );
    await cp(join(home, "test", "targets"), directory, { recursive: true });
    await writeFile(join(directory, "package.json"), '{ "type": "module" }');
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    directory,
    write: (name, content) => writeFile(join(directory, name), content),
    command: (...args) => node(join(kit, "bin", "layout-testkit.js"), ...args),
    node,
    [Symbol.asyncDispose]: remove,
  };
}

/** Bundles the kit's entries with everything they import except vitest. */
async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, external: ["vitest"], resolve: { conditions: ["@ocilayout/source"] } },
    build: {
      ssr: true,
      outDir,
      target: "node20",
      rolldownOptions: {
        input: Object.fromEntries(entries.map((name) => [name, join(home, "src", `${name}.ts`)])),
        output: { entryFileNames: "[name].js" },
      },
    },
  });
}

function runNode(cwd: string, args: readonly string[]): Promise<Ended> {
  // Otherwise the program would report to the test runner that starts it.
  const ours = /^(VITEST|NODE_TEST|NODE_OPTIONS|NODE_V8_COVERAGE|TEST$|FORCE_COLOR$)/;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name))),
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd, env, timeout: 20_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({ code: typeof code === "number" ? code : undefined, stdout, stderr });
    });
  });
}
