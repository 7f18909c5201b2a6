import type { Fault } from "../s3/faults.ts";
import { xmlEscape } from "../s3/xml.ts";

/** The XML of an error ("Error responses", S3 API Reference). `resource`: the path asked for. */
export function errorDocument(fault: Fault, resource: string, requestId: string): string {
  let xml = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>';
  xml += element("Code", fault.code) + element("Message", fault.message);
  for (const [name, value] of fault.elements) xml += element(name, value);
  return `${xml}${element("Resource", resource)}${element("RequestId", requestId)}</Error>`;
}

function element(name: string, text: string): string {
  return `<${name}>${xmlEscape(text)}</${name}>`;
}
