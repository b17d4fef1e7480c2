import { describe, expect, it } from "vitest";

import { judgeName, ownedName } from "../src/disk/owned-name.ts";
import {
  judgeHolder,
  parseHolder,
  readProcessTable,
  type Holder,
  type Liveness,
} from "../src/disk/process-identity.ts";
import type { System } from "../src/disk/system.ts";

const none: ReadonlySet<string> = new Set();

/** A Linux machine. Tests replace files below `/proc`, or make them fail with a code. */
function linux(
  pid: number,
  files: Readonly<Record<string, string | { readonly code: string }>> = {},
  living: readonly number[] = [],
): System {
  const stat = (start: string): string =>
    `${pid} (a ) b) R ${Array.from({ length: 18 }, () => "0").join(" ")} ${start} 0`;
  const all: Readonly<Record<string, string | { readonly code: string }>> = {
    "/proc/self": String(pid),
    "/proc/self/ns/pid": "pid:[1]",
    "/proc/self/ns/time": "time:[1]",
    "/proc/self/status": `Name:\tnode\nPid:\t${pid}\nNSpid:\t${pid}\n`,
    "/proc/self/stat": stat(String(pid * 10)),
    "/proc/sys/kernel/random/boot_id": "a-boot\n",
    ...Object.fromEntries(living.map((other) => [`/proc/${other}/stat`, stat(String(other * 10))])),
    ...files,
  };
  const read = (path: string): string => {
    const content = all[path] ?? { code: "ENOENT" };
    if (typeof content === "string") return content;
    throw Object.assign(new Error(content.code), { code: content.code });
  };
  return {
    platform: "linux",
    pid,
    host: () => "host",
    readText: read,
    readLink: read,
    exists: (other) => other === pid || living.includes(other),
  };
}

function elsewhere(platform: string, pid: number, living: readonly number[] = []): System {
  return { ...linux(pid, {}, living), platform, readText: absent, readLink: absent };
}

function absent(): never {
  throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
}

/** Returns how the second process judges a lock of the first, and a file of the first. */
function judge(by: System, holder: System): Liveness {
  const record: Holder = { ...readProcessTable(holder).self, nonce: "abc" };
  const table = readProcessTable(by);
  const verdict = judgeHolder(parseHolder(JSON.stringify(record)) ?? record, table, none);
  expect(judgeName(`${ownedName(readProcessTable(holder))}.tmp`, table), "of a name").toBe(verdict);
  return verdict;
}

const noProc = Object.fromEntries(
  Object.keys({
    "/proc/self": 0,
    "/proc/self/ns/pid": 0,
    "/proc/self/ns/time": 0,
    "/proc/self/status": 0,
    "/proc/self/stat": 0,
    "/proc/sys/kernel/random/boot_id": 0,
  }).map((path) => [path, { code: "ENOENT" }]),
);
/** The files that a process numbered `pid` finds if `/proc` still belongs to the outer namespace. */
const outerProc = (pid: number): Readonly<Record<string, string>> => ({
  "/proc/self": "4000",
  "/proc/self/status": `Pid:\t4000\nNSpid:\t4000\t${pid}\n`,
});

describe("a lock holder on the same Linux machine", () => {
  it("is dead if its process does not exist", () => {
    expect(judge(linux(7), linux(5))).toBe("dead");
  });
  it("is dead if its process number belongs to a process with another start time", () => {
    expect(
      judge(linux(7, { "/proc/5/stat": "5 (x) R 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 999 0" }, [5]), linux(5)),
    ).toBe("dead");
  });
  it("is alive if its process exists and has the recorded start time", () => {
    expect(judge(linux(7, {}, [5]), linux(5))).toBe("alive");
  });
  it("is alive if its process exists and the start time cannot be read", () => {
    expect(judge(linux(7, { "/proc/5/stat": { code: "EACCES" } }, [5]), linux(5))).toBe("alive");
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["boot", { "/proc/sys/kernel/random/boot_id": "another" }],
    ["process namespace", { "/proc/self/ns/pid": "pid:[2]" }],
    ["time namespace", { "/proc/self/ns/time": "time:[2]" }],
  ])("is unknown if it belongs to another %s", (_name, files) => {
    expect(judge(linux(7), linux(5, files))).toBe("unknown");
  });

  it("is unknown on another host", () => {
    expect(judge(linux(7), { ...linux(5), host: () => "another" })).toBe("unknown");
  });
  it("is unknown on another operating system", () => {
    expect(judge(elsewhere("win32", 7), linux(5))).toBe("unknown");
  });
});

describe("a lock holder is unknown", () => {
  it.each(["/proc/self/ns/pid", "/proc/sys/kernel/random/boot_id"])(
    "if %s cannot be read, on either side or both",
    (path) => {
      for (const code of ["ENOENT", "EACCES", "EMFILE"]) {
        expect(judge(linux(7), linux(5, { [path]: { code } }))).toBe("unknown");
        expect(judge(linux(7, { [path]: { code } }), linux(5))).toBe("unknown");
        expect(judge(linux(7, { [path]: { code } }), linux(5, { [path]: { code } }))).toBe("unknown");
      }
    },
  );

  it("if there is no /proc in two namespaces of one machine", () => {
    expect(judge(linux(7, noProc), linux(5, noProc))).toBe("unknown");
  });

  it("only for other reasons on a kernel without time namespaces", () => {
    const old = { "/proc/self/ns/time": { code: "ENOENT" } };
    expect(judge(linux(7, old), linux(5, old))).toBe("dead");
    expect(judge(linux(7, { "/proc/self/ns/time": { code: "EACCES" } }), linux(5, old))).toBe("unknown");
  });

  it("if its boot id is empty", () => {
    expect(
      judge(
        linux(7, { "/proc/sys/kernel/random/boot_id": "\n" }),
        linux(5, { "/proc/sys/kernel/random/boot_id": "\n" }),
      ),
    ).toBe("unknown");
  });
});

describe("if /proc belongs to an outer process namespace", () => {
  const inner = { "/proc/self/ns/pid": "pid:[2]" };

  it("a live holder is alive, whatever /proc has under its number", () => {
    const foreign = { "/proc/5/stat": "5 (x) R 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 999 0" };
    expect(
      judge(
        linux(7, { ...inner, ...outerProc(7), ...foreign }, [5]),
        linux(5, { ...inner, ...outerProc(5) }),
      ),
    ).toBe("alive");
    expect(judge(linux(7, { ...inner, ...outerProc(7), ...foreign }, [5]), linux(5, inner))).toBe("alive");
  });
  it("a living holder is alive even if the outer number equals the inner one", () => {
    const coincidence = {
      ...inner,
      "/proc/self": "7",
      "/proc/self/status": "Pid:\t7\nNSpid:\t7\t7\n",
      "/proc/5/stat": "5 (x) R 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 999 0",
    };
    expect(judge(linux(7, coincidence, [5]), linux(5, inner))).toBe("alive");
  });
  it("a holder whose number does not exist in the namespace is dead", () => {
    expect(judge(linux(7, { ...inner, ...outerProc(7) }), linux(5, { ...inner, ...outerProc(5) }))).toBe(
      "dead",
    );
  });
  it("no start time is recorded", () => {
    expect(readProcessTable(linux(7, outerProc(7))).self.started).toBeUndefined();
  });
});

describe("on an operating system", () => {
  it.each(["darwin", "win32"])(
    "whose processes see each other (%s), a missing process is dead and a present one alive",
    (platform) => {
      expect(judge(elsewhere(platform, 7), elsewhere(platform, 5))).toBe("dead");
      expect(judge(elsewhere(platform, 7, [5]), elsewhere(platform, 5))).toBe("alive");
      expect(judge(elsewhere(platform, 7), { ...elsewhere(platform, 5), host: () => "another" })).toBe(
        "unknown",
      );
    },
  );
  it.each(["freebsd", "sunos"])("with jails or zones (%s), the holder is unknown", (platform) => {
    expect(judge(elsewhere(platform, 7), elsewhere(platform, 5))).toBe("unknown");
  });
});

describe("a failed read", () => {
  it("is repeated at the next use, while known values are not read again", () => {
    let failures = 0;
    let reads = 0;
    const whole = linux(7);
    const refuse = (path: string): void => {
      reads += 1;
      if (failures > 0 && path.endsWith("boot_id"))
        throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
    };
    const system: System = {
      ...whole,
      readText: (path) => {
        refuse(path);
        return whole.readText(path);
      },
    };
    const table = readProcessTable(system);
    failures = 1;
    const { instance, ...before } = table.self;
    expect(before).toMatchObject({ boot: undefined, pid: 7 });
    failures = 0;
    expect(table.self).toEqual({ ...before, boot: "a-boot", instance });
    const known = reads;
    expect(table.self.boot).toBe("a-boot");
    expect(reads).toBe(known);
  });

  it("of the start time is repeated too", () => {
    const files: Record<string, string | { code: string }> = { "/proc/self/stat": { code: "EMFILE" } };
    let isFailing = true;
    const [failing, whole] = [linux(7, files), linux(7)];
    const table = readProcessTable({
      ...whole,
      readText: (path) => (isFailing ? failing : whole).readText(path),
    });
    expect(table.self.started).toBeUndefined();
    isFailing = false;
    expect(table.self.started).toBe("70");
  });
});

describe("one copy of the module", () => {
  it("recognises its own locks, even if nothing else is known", () => {
    const table = readProcessTable(linux(7, noProc));
    const holder = { ...table.self, nonce: "abc" };
    expect(judgeHolder(holder, table, new Set(["abc"]))).toBe("alive");
    expect(judgeHolder(holder, table, none)).toBe("dead");
  });

  it("cannot judge whether another copy in the same process still holds a lock", () => {
    expect(
      judgeHolder({ ...readProcessTable(linux(7)).self, nonce: "abc" }, readProcessTable(linux(7)), none),
    ).toBe("unknown");
  });
});

it.each([0, -1, 1.5, 2 ** 31, 2 ** 53, "7", null])(
  "a record whose process number is %j is rejected",
  (pid) => {
    expect(parseHolder(JSON.stringify({ host: "h", instance: "i", nonce: "abc", pid }))).toBeUndefined();
  },
);
