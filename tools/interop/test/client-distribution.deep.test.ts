import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { openRemote } from "@ocilayout/oci-client";
import { afterAll } from "vitest";

import {
  distributionCapabilities as capabilities,
  startDistribution,
  unpromised,
  type Distribution,
} from "./distribution.ts";

/**
 * The daemons that no case uses, the one that was used last at the end. Starting one takes longer than most cases. Several
 * take turns, so that an upload that a case aborted has ended before its daemon is cleared.
 */
const idle: Distribution[] = [];
const DAEMONS = 4;

afterAll(async () => {
  for (const daemon of idle) await daemon[Symbol.asyncDispose]();
});

describeRegistry("a client of docker-registry", {
  create: async () => {
    const daemon = (idle.length < DAEMONS ? undefined : idle.shift()) ?? (await startDistribution());
    const release = (): Promise<void> => {
      idle.push(daemon);
      return Promise.resolve();
    };
    // Damaged content is answered with 500, which a client repeats.
    const open = () => openRemote(daemon.host, { credentials: false, capabilities, retries: 1 });
    try {
      daemon.clear();
      return { registry: await open(), reopen: open, [Symbol.asyncDispose]: release };
    } catch (error) {
      await release();
      throw error;
    }
  },
  capabilities: { ...unpromised, ...capabilities },
  timeoutMs: 60_000,
});
