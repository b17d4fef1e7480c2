import type { ContentReading, StoredLayout } from "@ocilayout/layout-core/authors";
import { pauseIfDue } from "@ocilayout/oci-backend";
import { annotationKeys, layoutVersion, type CheckedDigest, type Descriptor } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { invalidArchive } from "../file/errors.ts";
import type { ArchiveFile } from "../file/archive-file.ts";
import type { Members } from "../members/members.ts";
import { readMember } from "../members/read-member.ts";
import { makeDockerManifest, parseDockerConfig, type DockerConfig } from "./docker-image.ts";
import { DOCKER_MANIFEST, parseDockerItems, type DockerItem } from "./docker-items.ts";
import { DockerLayer, type LayerSettings } from "./docker-layer.ts";

/** How a Docker archive is read. */
export interface DockerSettings extends LayerSettings {
  /** The maximum size of a config, in bytes. */
  readonly maxConfigBytes: number;
  /** The maximum size of `manifest.json`, in bytes. */
  readonly indexBytes: number;
}

/** Content of the layout that is made for a Docker archive. */
type Content = Uint8Array | DockerLayer | { readonly config: string };

/** The images of a Docker archive, as a layout that is made when it is first read. */
export class DockerLayout implements StoredLayout {
  readonly #file: ArchiveFile;
  readonly #members: Members;
  readonly #settings: DockerSettings;
  readonly #contents: Map<string, Content> = new Map();
  readonly #configs: Map<string, DockerConfig> = new Map();
  /** The digest of the layer at each path. */
  readonly #layers: Map<string, CheckedDigest> = new Map();

  constructor(file: ArchiveFile, members: Members, settings: DockerSettings) {
    this.#file = file;
    this.#members = members;
    this.#settings = settings;
  }

  /**
   * Returns the parts of a layout with one entry for each name of an image.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if an image is incomplete or malformed.
   */
  async readParts(): ReturnType<StoredLayout["readParts"]> {
    const items = parseDockerItems(
      readMember(this.#file, this.#members, DOCKER_MANIFEST, this.#settings.indexBytes),
    );
    const manifests: Descriptor[] = [];
    for (const item of items) {
      await pauseIfDue();
      const descriptor = await this.#image(item);
      if (item.repoTags.length === 0) manifests.push(descriptor);
      for (const name of item.repoTags)
        manifests.push({ ...descriptor, annotations: { [annotationKeys.containerdImageName]: name } });
    }
    return { header: encode({ imageLayoutVersion: layoutVersion }), index: encode({ manifests }) };
  }

  async open(digest: CheckedDigest, reading: ContentReading): ReturnType<StoredLayout["open"]> {
    const content = this.#contents.get(digest);
    if (content === undefined) return undefined;
    if (content instanceof DockerLayer) return content.open(reading);
    const bytes = this.#bytesOf(content);
    return { size: bytes.length, read: (start, end) => bytes.subarray(start, end) };
  }

  async size(digest: CheckedDigest): Promise<number | undefined> {
    const content = this.#contents.get(digest);
    if (content === undefined) return undefined;
    return content instanceof DockerLayer ? content.size() : this.#bytesOf(content).length;
  }

  /** Makes the manifest of an image. */
  async #image(item: DockerItem): Promise<Descriptor> {
    const config = await this.#config(item.config);
    if (item.layers.length !== config.diffIds.length)
      throw invalidArchive(
        `an image has ${item.layers.length} layers, but its config ${excerpt(item.config)} has ${config.diffIds.length}`,
      );
    const layers: Pick<Descriptor, "digest" | "size">[] = [];
    for (const [at, digest] of config.diffIds.entries()) {
      await pauseIfDue();
      layers.push({ digest, size: await this.#layer(item.layers[at] ?? "", digest).size() });
    }
    const { descriptor, bytes } = await makeDockerManifest(config, layers);
    this.#contents.set(descriptor.digest, bytes);
    return descriptor;
  }

  async #config(path: string): Promise<DockerConfig> {
    const known = this.#configs.get(path);
    if (known !== undefined) return known;
    const config = await parseDockerConfig(this.#readConfig(path), path);
    this.#configs.set(path, config);
    this.#contents.set(config.digest, { config: path });
    return config;
  }

  /** Returns the layer `digest`. If an image has a layer twice, the first path counts, as in skopeo. */
  #layer(path: string, digest: CheckedDigest): DockerLayer {
    const known = this.#contents.get(digest);
    if (known instanceof DockerLayer) return known;
    const taken = this.#layers.get(path);
    if (taken !== undefined && taken !== digest)
      throw invalidArchive(`its member ${excerpt(path)} is used for two different layers`);
    const member = this.#members.find(path, "verified");
    if (member === undefined) throw invalidArchive(`it does not have the layer ${excerpt(path)}`);
    const layer = new DockerLayer(this.#file, member, this.#settings);
    this.#layers.set(path, digest);
    this.#contents.set(digest, layer);
    return layer;
  }

  #readConfig(path: string): Uint8Array {
    return readMember(this.#file, this.#members, path, this.#settings.maxConfigBytes);
  }

  #bytesOf(content: Exclude<Content, DockerLayer>): Uint8Array {
    return content instanceof Uint8Array ? content : this.#readConfig(content.config);
  }
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
