import { isRegistryError } from "@ocilayout/oci-types";

import type { Clock } from "./clock.ts";
import type { Endpoint, EndpointCall } from "./endpoint.ts";
import type { MirrorEndpoint } from "./mirror-endpoint.ts";
import type { RegistryResponse } from "./registry-client.ts";

/** How long a mirror that cannot be reached is not asked again, in milliseconds. */
const REST_MS = 30_000;

/** A mirror, and whether it works. */
export class Mirror {
  readonly #mirror: MirrorEndpoint;
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(mirror: MirrorEndpoint, endpoint: Endpoint, clock: Clock) {
    this.#mirror = mirror;
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /**
   * Sends a request to the mirror. Returns `undefined` if the mirror is not for it, or does not have the content.
   *
   * @throws `RegistryError` if the mirror fails. It is then not asked for 30 s.
   */
  async send(call: EndpointCall): Promise<RegistryResponse | undefined> {
    const own = this.#clock.now() < this.#restsUntil ? undefined : this.#translate(call);
    if (own === undefined) return undefined;
    // The registry is asked next if the mirror fails, so the end of this request is not always the end of the call.
    const end = { isLast: false, isReached: false };
    const onEnd = (): void => {
      end.isReached = true;
      if (end.isLast) call.onEnd();
    };
    try {
      const response = await this.#endpoint.send({ ...call, ...own, onEnd });
      if (response.status >= 200 && response.status < 300) {
        end.isLast = true;
        if (end.isReached) call.onEnd();
        return response;
      }
      await response.discard();
      return undefined;
    } catch (error) {
      if (isRegistryError(error, "REMOTE_FAILED")) this.#restsUntil = this.#clock.now() + REST_MS;
      throw error;
    }
  }

  /** Returns what differs in the request to the mirror. */
  #translate({ url, scopes }: EndpointCall): Pick<EndpointCall, "url" | "scopes"> | undefined {
    const [, repository = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (reference === "") return undefined;
    const { origin, namespace, rewrite } = this.#mirror;
    const name = rewrite === undefined ? repository : rewrite(repository, reference);
    if (name === undefined) return undefined;
    const own = new URL(`/v2/${name}/${kind}/${reference}`, origin);
    const question = namespace === undefined ? [] : [`ns=${encodeURIComponent(namespace)}`];
    own.search = [url.search.slice(1), ...question].filter((part) => part !== "").join("&");
    return {
      url: own,
      scopes: scopes.map((scope) => (scope.name === repository ? { ...scope, name } : scope)),
    };
  }
}
