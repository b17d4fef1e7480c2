import { posix } from "node:path";

import { parseManifest, validateImageIndex } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";
import {
  isValidHost,
  isValidRepository,
  isValidTag,
  parseReference,
  parseRelativeReference,
} from "@ocilayout/ociref";
import { expect, it } from "vitest";

import { nodeDisk } from "../../../packages/layout-core/src/disk/disk.ts";
import { findLayoutOn } from "../../../packages/layout-core/src/find/find-layout.ts";
import { encodeIndexText, parseIndexText } from "../../../packages/layout-core/src/index-json/index-text.ts";
import { setMember } from "../../../packages/layout-core/src/index-json/json-text.ts";
import { readManifest } from "../../../packages/layout-core/src/manifests/stored-manifest.ts";

const { digest } = requireDigest(`sha256:${"0".repeat(64)}`);
const mediaType = "application/vnd.oci.image.index.v1+json";
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function tryTo(run: () => unknown): void {
  try {
    run();
  } catch {
    // The result does not matter here, only the time.
  }
}

/** Inputs of a given size, by shape. These shapes have made parsers slow. */
const shapes: Readonly<Record<string, (size: number) => () => void>> = {
  "nested arrays": (n) => {
    const text = `{"x":${"[".repeat(n)}${"]".repeat(n)},"manifests":[]}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  "unclosed arrays": (n) => {
    const text = `{"manifests":${"[".repeat(n)}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  backslashes: (n) => {
    const text = `{"x":"${"\\\\".repeat(n)}","manifests":[]}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  "escaped quotes": (n) => {
    const text = `{"x":"${'\\"'.repeat(n)}","manifests":[]}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  "backslashes without an end": (n) => {
    const text = `{"x":"${"\\".repeat(n)}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  "white space": (n) => {
    const text = `{${" ".repeat(n)}"manifests"${" ".repeat(n)}:[]}`;
    return () => {
      tryTo(() => parseIndexText(encode(text)));
    };
  },
  members: (n) => {
    const text = `{${Array.from({ length: n / 8 }, (_, i) => `"m${i}":1`).join(",")}}`;
    return () => {
      tryTo(() => setMember(text, "x", "1"));
    };
  },
  "the same member": (n) => {
    const text = `{${'"a":1,'.repeat(n / 8)}"a":1}`;
    return () => {
      tryTo(() => setMember(text, "a", "2"));
    };
  },
  entries: (n) => {
    const bytes = encode(`{"manifests":[${"{},".repeat(n / 4)}{}]}`);
    return () => {
      const parsed = parseIndexText(bytes);
      encodeIndexText(parsed, parsed.entries);
    };
  },
  "a bad manifest": (n) => {
    const value = { schemaVersion: 2, manifests: Array.from({ length: n / 8 }, () => 7) };
    return () => {
      tryTo(() => validateImageIndex(value));
    };
  },
  "a manifest of many children": (n) => {
    const child = JSON.stringify({ mediaType, digest, size: 1 });
    const bytes = encode(
      `{"schemaVersion":2,"manifests":[${Array.from({ length: n / 64 }, () => child).join(",")}]}`,
    );
    return () => {
      tryTo(() => parseManifest(bytes, mediaType));
    };
  },
  "an opaque document, nested": (n) => {
    const bytes = encode(`${"[".repeat(n / 64)}${"]".repeat(n / 64)}`);
    return () => {
      tryTo(() => readManifest(bytes, { digest, mediaType: "a/b" }));
    };
  },
  "an opaque document, wide": (n) => {
    const bytes = encode(`[${"[],".repeat(n / 4)}[]]`);
    return () => {
      tryTo(() => readManifest(bytes, { digest, mediaType: "a/b" }));
    };
  },
  base64: (n) => {
    const value = {
      schemaVersion: 2,
      manifests: [{ mediaType, digest, size: 1, data: `${"A".repeat(n)}!` }],
    };
    return () => {
      tryTo(() => validateImageIndex(value));
    };
  },
  "a repository": (n) => () => {
    isValidRepository(`${"a-".repeat(n)}!`);
  },
  "a tag": (n) => () => {
    isValidTag("a".repeat(n));
  },
  "a host": (n) => () => {
    isValidHost(`${"a-".repeat(n)}!`);
  },
  "a reference": (n) => {
    const text = `${"a/".repeat(n)}:`;
    return () => {
      tryTo(() => parseReference(text));
      tryTo(() => parseRelativeReference(text));
    };
  },
  "a path": (n) => {
    const text = `${"a/".repeat(n / 8)}b`;
    const disk = { ...nodeDisk, statNow: () => undefined };
    return () => {
      tryTo(() => findLayoutOn(disk, text, posix));
    };
  },
  "a path of separators": (n) => {
    const text = `${"/".repeat(n)}b`;
    const disk = { ...nodeDisk, statNow: () => undefined };
    return () => {
      tryTo(() => findLayoutOn(disk, text, posix));
    };
  },
};

/** Returns the least of several times, because interference only makes a measurement longer. */
function measure(run: () => void): number {
  let least = Infinity;
  for (let i = 0; i < 5; i += 1) {
    const started = performance.now();
    run();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

it.each(Object.entries(shapes))("time grows at most linearly with the size: %s", (_name, shape) => {
  const small = 1 << 15;
  const factor = 16;
  // Eight times linear, and a floor for collecting garbage on a busy machine. Quadratic time is seconds at this size.
  const limit = Math.max(measure(shape(small)) * factor * 8, 150);
  expect(measure(shape(small * factor))).toBeLessThan(limit);
});
