import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";

import { isLinkLocal, isLoopback, isPrivateAddress } from "../addresses.ts";

/** Returns all addresses of a name. */
export type ResolveName = (hostname: string, options: LookupOptions) => Promise<readonly LookupAddress[]>;

const resolveName: ResolveName = async (hostname, options) => lookup(hostname, { ...options, all: true });

/**
 * Returns a function that resolves names which a registry chose. It drops addresses inside the caller's network: link-local
 * ones always, private and loopback ones unless the registry has such an address too. The connection is made to the address that
 * was checked, so the name cannot change in between.
 *
 * @param registry - The host of the registry.
 * @param resolve - Resolves a name. Defaults to the resolver of the system.
 */
export function guardedLookup(
  registry: string | undefined,
  resolve: ResolveName = resolveName,
): LookupFunction {
  let reach: Promise<Reach> | undefined;
  return (hostname, options, callback) => {
    const allowed = async (): Promise<readonly LookupAddress[]> => {
      const addresses = await resolve(hostname, options);
      const own = await (reach ??= reachOf(registry, resolve));
      return addresses.filter(({ address }) => isAllowed(address, own));
    };
    allowed().then(
      (addresses) => {
        answer(addresses, options, callback);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, "", 0);
      },
    );
  };
}

/** The addresses inside the caller's network that the caller itself uses for this registry. */
interface Reach {
  readonly isPrivate: boolean;
  readonly isLoopback: boolean;
}

function isAllowed(address: string, reach: Reach): boolean {
  if (isLoopback(address)) return reach.isLoopback;
  if (isLinkLocal(address)) return false;
  return reach.isPrivate || !isPrivateAddress(address);
}

async function reachOf(host: string | undefined, resolve: ResolveName): Promise<Reach> {
  try {
    const addresses = host === undefined ? [] : await resolve(host.replace(/^\[|\]$/g, ""), {});
    return {
      isPrivate: addresses.some(({ address }) => isPrivateAddress(address)),
      isLoopback: addresses.some(({ address }) => isLoopback(address)),
    };
  } catch {
    return { isPrivate: false, isLoopback: false };
  }
}

function answer(
  addresses: readonly LookupAddress[],
  { all }: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (first === undefined) {
    const error = new Error("the registry leads to a name with a private address");
    callback(Object.assign(error, { code: "PRIVATE_ADDRESS" }), "", 0);
  } else if (all === true) callback(null, [...addresses]);
  else callback(null, first.address, first.family);
}
