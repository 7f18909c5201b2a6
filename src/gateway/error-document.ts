import type { Fault } from "../s3/faults.ts";
import { xmlElement } from "../s3/xml.ts";

/** The XML of an error ("Error responses", S3 API Reference). `resource`: the path asked for. */
export function errorDocument(fault: Fault, resource: string, requestId: string): string {
  let xml = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>';
  xml += xmlElement("Code", fault.code) + xmlElement("Message", fault.message);
  for (const [name, value] of fault.elements) xml += xmlElement(name, value);
  // Not an element of AWS: what we add to its words.
  if (fault.why !== undefined) xml += xmlElement("Detail", fault.why);
  return `${xml}${xmlElement("Resource", resource)}${xmlElement("RequestId", requestId)}</Error>`;
}
