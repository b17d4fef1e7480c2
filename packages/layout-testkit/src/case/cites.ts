import type { DistributionErrorCode } from "@ocilayout/oci-types";

/** A text that requires what a case checks: a clause of the contract, or a section of a specification. */
export interface Cite {
  /** A short name: `clause 9, resume`. */
  readonly label: string;
  /** The address of the text. */
  readonly url: string;
}

/**
 * The page with the contract. The owner in this address is a placeholder until the repository is published; until then,
 * read `docs/contract.md` in the repository. READMEs and doc comments contain the address, too; a test finds those that
 * differ.
 */
export const CONTRACT = "https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md";

const DISTRIBUTION = "https://github.com/opencontainers/distribution-spec/blob/main/spec.md";
const IMAGE = "https://github.com/opencontainers/image-spec/blob/main";

/** The sections of the distribution-spec that cases cite, by their anchors on GitHub. */
type DistributionSection =
  | "listing-referrers"
  | "mounting-a-blob-from-another-repository"
  | "pulling-manifests"
  | "pushing-a-blob-in-chunks"
  | "pushing-manifests"
  | "pushing-manifests-with-subject"
  | "referrers-tag-schema";

/** Cites a clause of the contract, or one `part` of it. */
export function clause(number: number, part?: string): Cite {
  return {
    label: `clause ${number}${part === undefined ? "" : `, ${words(part)}`}`,
    url: `${CONTRACT}#clause-${number}${part === undefined ? "" : `-${part}`}`,
  };
}

/** Cites one of the contract's additional rules. */
export function rule(name: string): Cite {
  return { label: `contract, ${words(name)}`, url: `${CONTRACT}#rule-${name}` };
}

/** Cites the table of capabilities in the contract. */
export const capabilities: Cite = { label: "contract, capabilities", url: `${CONTRACT}#capabilities` };

/** Cites the contract as a whole. */
export const everyClause: Cite = { label: "every clause", url: `${CONTRACT}#clauses` };

/** Cites an endpoint, an error code or a section of the distribution-spec. */
export function distSpec(place: `end-${string}` | DistributionErrorCode | DistributionSection): Cite {
  if (place.startsWith("end-"))
    return { label: `distribution-spec ${place}`, url: `${DISTRIBUTION}#endpoints` };
  if (place === place.toUpperCase())
    return { label: `distribution-spec ${place}`, url: `${DISTRIBUTION}#error-codes` };
  return { label: `distribution-spec, ${words(place)}`, url: `${DISTRIBUTION}#${place}` };
}

/** Cites a page of the image-spec: `"descriptor.md#digests"`. */
export function imageSpec(place: `${string}.md` | `${string}.md#${string}`): Cite {
  const [page, section] = place.split("#");
  return {
    label: `image-spec ${page ?? ""}${section === undefined ? "" : `, ${words(section)}`}`,
    url: `${IMAGE}/${place}`,
  };
}

/** Cites a published vulnerability. */
export function cve(id: `CVE-${number}-${number}`): Cite {
  return { label: id, url: `https://www.cve.org/CVERecord?id=${id}` };
}

/** Returns the labels of `cites` in one line. */
export function labelsOf(cites: readonly Cite[]): string {
  return cites.map(({ label }) => label).join("; ");
}

function words(anchor: string): string {
  return anchor.replaceAll("-", " ");
}
