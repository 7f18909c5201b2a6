const REQUESTS = "s3warden_bucket_requests_total";
const BYTES = "s3warden_bucket_bytes_total";

/** The counts of one process, as `MetricsExport`. */
type Metrics = readonly object[];

type Value = { readonly value: number; readonly labels: Readonly<Record<string, unknown>> };

/**
 * `processes` with the series of those `count` buckets that have the most requests in all of them
 * together. A process alone would choose others than its neighbour, and sums of them would fall.
 */
export function withTopBuckets(processes: readonly Metrics[], count: number): readonly Metrics[] {
  const requests = new Map<unknown, number>();
  for (const { value, labels } of processes.flatMap((one) => one.flatMap(valuesIn(REQUESTS)))) {
    requests.set(labels["bucket"], (requests.get(labels["bucket"]) ?? 0) + value);
  }
  const byRequests = [...requests].toSorted(([, a], [, b]) => b - a);
  const top = new Set(byRequests.slice(0, count).map(([bucket]) => bucket));
  return processes.map((metrics) =>
    metrics.map((metric) => {
      if (!("name" in metric) || (metric.name !== REQUESTS && metric.name !== BYTES)) return metric;
      const values = valuesIn(metric.name)(metric).filter(({ labels }) =>
        top.has(labels["bucket"]),
      );
      return { ...metric, values };
    }),
  );
}

function valuesIn(name: string): (metric: object) => readonly Value[] {
  return (metric) =>
    "name" in metric && metric.name === name && "values" in metric && Array.isArray(metric.values)
      ? metric.values
      : [];
}
