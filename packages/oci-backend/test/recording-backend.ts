import { octetStream, type Descriptor } from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";

import type { Backend, BackendCall, UploadSession } from "../src/index.ts";

/** The blob and the manifest that a {@link RecordingBackend} has. */
export const content = bytes("hello");
export const descriptor: Descriptor = descriptorOf(content, octetStream);
export const { digest } = descriptor;

/** A method name and its argument. */
export type Asked = readonly [name: string, call: BackendCall & Readonly<Record<string, unknown>>];

/** A backend with one blob, one manifest and one tag that logs its calls. */
export interface RecordingBackend extends Required<
  Omit<Backend, "manifests" | "resolveManifest" | "loadManifest" | "loadTag">
> {
  readonly asked: Asked[];
}

/** Creates a backend that logs its calls. `own` replaces methods, which do not log. */
export function recordingBackend(own: Partial<Backend> = {}): RecordingBackend {
  const asked: Asked[] = [];
  const answering =
    <Answer>(name: string, answer: () => Answer) =>
    (call: BackendCall): Answer => {
      asked.push([name, call as Asked[1]]);
      return answer();
    };
  return {
    asked,
    capabilities: {},
    maxManifestBytes: 1024,
    verifyOnRead: true,
    begin: (access) => void asked.push(["begin", { signal: undefined, access }]),
    openBlob: answering("openBlob", () => content),
    sizeOfBlob: answering("sizeOfBlob", () => content.length),
    findManifest: answering("findManifest", () => descriptor),
    findTag: answering("findTag", () => descriptor),
    openManifest: answering("openManifest", () => content),
    pushBlob: answering("pushBlob", () => content.length),
    mountBlob: answering("mountBlob", () => content.length),
    pushManifest: answering("pushManifest", () => undefined),
    startUpload: answering("startUpload", () => session()),
    resumeUpload: answering("resumeUpload", () => session()),
    findUpload: answering("findUpload", () => ({ size: 3 })),
    deleteBlob: answering("deleteBlob", () => true),
    deleteManifest: answering("deleteManifest", () => true),
    deleteTag: answering("deleteTag", () => true),
    tags: answering("tags", () => []),
    referrers: answering("referrers", () => []),
    repositories: answering("repositories", () => []),
    ...(own as object),
  };
}

/** Creates an upload session that logs its calls in `log`. */
export function session(own: Partial<UploadSession> = {}, log: string[] = []): UploadSession {
  const made = {
    id: "one",
    size: 3,
    write: (chunk: Uint8Array) => void log.push(`write ${new TextDecoder().decode(chunk)}`),
    commit: (named: string) => void log.push(`commit ${named.slice(0, 6)}`),
    cancel: () => void log.push("cancel"),
    close: () => void log.push("close"),
  };
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(own));
}
