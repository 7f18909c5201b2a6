/** The plain proxies that are programs: one thread each, as the others have, and no logs. */

/** The ports of such a proxy, plain and with TLS, and of the store. */
export type ProxyPorts = { readonly plain: number; readonly tls: number; readonly store: number };

/** Returns haproxy.cfg. `pem`: a file with certificate and key. */
export function haproxyConfig(ports: ProxyPorts, pem: string): string {
  return `global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${ports.plain} backlog 4096
  bind 127.0.0.1:${ports.tls} ssl crt ${pem}
  default_backend store
backend store
  server store 127.0.0.1:${ports.store} pool-max-conn 256
`;
}

/**
 * Returns nginx.conf; nginx writes only below `folder`. Uploads are not spooled, since no other
 * system does that, and the buffers are large enough for 64 MiB objects.
 */
export function nginxConfig(ports: ProxyPorts, pem: string, folder: string): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join("\n");
  return `daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
${folders}
  access_log off;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  keepalive_requests 100000000;
  tcp_nodelay on;
  ssl_certificate ${pem};
  ssl_certificate_key ${pem};
  ssl_protocols TLSv1.3;
  upstream store {
    server 127.0.0.1:${ports.store};
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${ports.plain};
    listen 127.0.0.1:${ports.tls} ssl;
    location / {
      proxy_pass http://store;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_request_buffering off;
      proxy_buffers 16 64k;
      proxy_busy_buffers_size 512k;
      proxy_max_temp_file_size 0;
    }
  }
}
`;
}
