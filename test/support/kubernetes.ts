import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { at, deployText, documentsIn, listAt, textAt, textsAt } from "./deploy.ts";

/** The API's schema of each kind, by `apiVersion kind`. */
const MODELS = new Map<string, new () => { readonly validate: () => void }>([
  ["apps/v1 Deployment", Deployment],
  ["autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler],
  ["monitoring.coreos.com/v1 PodMonitor", PodMonitor],
  ["monitoring.coreos.com/v1 PrometheusRule", PrometheusRule],
  ["monitoring.coreos.com/v1 ServiceMonitor", ServiceMonitor],
  ["networking.k8s.io/v1 Ingress", Ingress],
  ["networking.k8s.io/v1 NetworkPolicy", NetworkPolicy],
  ["policy/v1 PodDisruptionBudget", PodDisruptionBudget],
  ["v1 ConfigMap", ConfigMap],
  ["v1 PersistentVolumeClaim", PersistentVolumeClaim],
  ["v1 Secret", Secret],
  ["v1 Service", Service],
  ["v1 ServiceAccount", ServiceAccount],
]);

/**
 * Returns true if the kind is Kubernetes' own, or one of the Prometheus Operator's; others have no
 * schema here.
 */
export function isKnown(object: unknown): boolean {
  return MODELS.has(`${textAt(object, "apiVersion")} ${textAt(object, "kind")}`);
}

/** The kinds of object in the base. */
export const KINDS = [
  "ConfigMap",
  "Deployment",
  "HorizontalPodAutoscaler",
  "NetworkPolicy",
  "PodDisruptionBudget",
  "Secret",
  "Service",
  "ServiceMonitor",
] as const;

/** Throws if an object does not fit the Kubernetes API's schema of its kind. */
export function validate(object: unknown): void {
  const name = `${textAt(object, "apiVersion")} ${textAt(object, "kind")}`;
  const Model = MODELS.get(name);
  if (Model === undefined) throw new Error(`No schema is known of ${name}`);
  Object.assign(new Model(), object).validate();
}

/**
 * Returns the objects of a folder of deploy/kubernetes as its kustomization.yaml lists them, with
 * the ConfigMap made of its files. It is the output of `kustomize build`, but for the labels.
 */
export function rawObjects(folder: string): readonly unknown[] {
  const text = (name: string): string => deployText(`kubernetes/${folder}/${name}`);
  const [kustomization] = documentsIn(text("kustomization.yaml"));
  const files = listAt(kustomization, "configMapGenerator/0/files").map(String);
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: textAt(kustomization, "configMapGenerator/0/name") },
    data: Object.fromEntries(files.map((file) => [file.replace(/.*\//, ""), text(file)])),
  };
  const resources = listAt(kustomization, "resources").map(String);
  return [configMap, ...resources.flatMap((name) => documentsIn(text(name)))];
}

/** All objects of a kind. */
export function ofKind(objects: readonly unknown[], kind: string): readonly unknown[] {
  return objects.filter((object) => at(object, "kind") === kind);
}

/** The only object of a kind, or the one of that name. */
export function theObject(objects: readonly unknown[], kind: string, name?: string): unknown {
  const found = ofKind(objects, kind).filter(
    (object) => name === undefined || at(object, "metadata/name") === name,
  );
  if (found.length === 1) return found[0];
  throw new Error(`Expected one ${kind} ${name ?? ""}: got ${found.length}`);
}

/** All containers of a Deployment, sidecars first. */
export function containersOf(deployment: unknown): readonly unknown[] {
  const pod = at(deployment, "spec/template/spec");
  return [...listAt(pod, "initContainers"), ...listAt(pod, "containers")];
}

/** The container in which the gateway runs. */
export function gatewayOf(deployment: unknown): unknown {
  const found = containersOf(deployment).find((one) => at(one, "name") === "s3warden");
  if (found === undefined) throw new Error("Expected a container named s3warden");
  return found;
}

/** The number of a container's port, which may be written as its name. */
export function portNumber(container: unknown, port: unknown): number {
  if (typeof port === "number") return port;
  const found = listAt(container, "ports").find((one) => at(one, "name") === port);
  const number = at(found, "containerPort");
  if (typeof number === "number") return number;
  throw new Error(`No port of the container is named ${String(port)}`);
}

/** The files that the gateway's container sees, by their whole paths, with their contents. */
export function mountedFiles(
  objects: readonly unknown[],
  deployment: unknown,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const mount of listAt(gatewayOf(deployment), "volumeMounts")) {
    const volume = listAt(deployment, "spec/template/spec/volumes").find(
      (one) => at(one, "name") === at(mount, "name"),
    );
    for (const [path, text] of listAt(volume, "projected/sources").flatMap((source) =>
      projected(objects, source),
    )) {
      files.set(`${textAt(mount, "mountPath")}/${path}`, text);
    }
  }
  return files;
}

/** Path and content of the files of one source of a projected volume. */
function projected(
  objects: readonly unknown[],
  source: unknown,
): readonly (readonly [path: string, text: string])[] {
  const [kind, data] = at(source, "secret") === undefined ? CONFIG_MAP : SECRET;
  const from = at(source, kind);
  const object = theObject(objects, data.kind, textAt(from, "name"));
  const texts = textsAt(object, data.field);
  const items = listAt(from, "items");
  if (items.length === 0) return Object.entries(texts);
  return items.map((item) => {
    const key = textAt(item, "key");
    const text = texts[key];
    if (text === undefined) throw new Error(`The ${data.kind} has no ${key}`);
    return [textAt(item, "path"), text];
  });
}

const CONFIG_MAP = ["configMap", { kind: "ConfigMap", field: "data" }] as const;
const SECRET = ["secret", { kind: "Secret", field: "stringData" }] as const;
