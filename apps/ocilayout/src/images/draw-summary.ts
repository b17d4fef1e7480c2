import { formatSize, printable } from "../output/text.ts";
import type { ManifestSummary, PartSummary } from "./describe-manifest.ts";

/** Yields the lines of a description: a name and a value in each. */
export function* drawSummary(summary: ManifestSummary): Generator<string, void, undefined> {
  const { name, kind, mediaType, digest, size, layers, manifests } = summary;
  yield line("name", name);
  yield line("kind", kind);
  yield line("digest", digest);
  yield line("media type", mediaType);
  yield line("size", formatSize(size));
  for (const [label, value] of [
    ["artifact type", summary.artifactType],
    ["platform", summary.platform],
    ["created", summary.created],
    ["subject", summary.subject],
  ] as const)
    if (value !== undefined) yield line(label, value);
  yield* drawConfig(summary.config ?? {});
  for (const [key, value] of Object.entries(summary.annotations ?? {}))
    yield line("annotation", `${key}=${value}`);
  for (const part of manifests ?? []) yield line("manifest", describePart(part));
  if (layers === undefined) return;
  for (const part of layers) yield line("layer", describePart(part));
  yield line("all layers", formatSize(layers.reduce((sum, part) => sum + part.size, 0)));
}

function* drawConfig(config: NonNullable<ManifestSummary["config"]>): Generator<string, void, undefined> {
  const { Entrypoint, Cmd, WorkingDir, User, Env, Labels, ExposedPorts, Volumes } = config;
  if (Array.isArray(Entrypoint)) yield line("entrypoint", JSON.stringify(Entrypoint));
  if (Array.isArray(Cmd)) yield line("command", JSON.stringify(Cmd));
  if (typeof WorkingDir === "string" && WorkingDir !== "") yield line("directory", WorkingDir);
  if (typeof User === "string" && User !== "") yield line("user", User);
  for (const [label, names] of [
    ["port", ExposedPorts],
    ["volume", Volumes],
  ] as const)
    for (const value of Object.keys(names ?? {})) yield line(label, value);
  for (const value of Array.isArray(Env) ? (Env as readonly unknown[]) : [])
    yield line("environment", String(value));
  for (const [key, value] of Object.entries(Labels ?? {})) yield line("label", `${key}=${value}`);
}

/** The width of the longest label. */
const LABEL_WIDTH = 13;

function line(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}  ${printable(value)}`;
}

function describePart({ digest, size, platform, artifactType, mediaType }: PartSummary): string {
  return [digest, formatSize(size), platform ?? artifactType ?? mediaType].join("  ");
}
