/**
 * nginx as a bare reverse proxy, as fast as it goes: one worker, connections kept on both sides and
 * never closed for having served many requests, no log, nothing written to disk.
 */
export function nginxConfig(settings: { scratch: string; port: number; upstream: URL; asRoot: boolean }): string {
  const { scratch, port, upstream, asRoot } = settings;
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${scratch}/${name};`);
  return `daemon off;
${asRoot ? "user root;\n" : ""}worker_processes 1;
pid ${scratch}/nginx.pid;
error_log ${scratch}/error.log;
events { worker_connections 1024; }
http {
${folders.join("\n")}
  access_log off;
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  upstream bench {
    server ${upstream.host};
    keepalive 64;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_max_temp_file_size 0;
      client_max_body_size 8m;
    }
  }
}
`;
}
