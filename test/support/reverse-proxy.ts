import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { poll } from "./poll.ts";
import { start } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/** A proxy's settings: its own port, our socket, a folder for its files. */
interface Place {
  readonly port: number;
  readonly socket: string;
  readonly folder: string;
}

interface Program {
  /** Its file of settings: below /logs/, as systemd/README.md has it. */
  readonly settings: (place: Place) => string;
  readonly command: (file: string, place: Place) => [string, ...string[]];
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  nginx: {
    settings: ({ port, socket, folder }) => `
daemon off;
master_process off;
user root;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  server {
    listen 127.0.0.1:${port};
    location = /logs { return 308 /logs/; }
    location /logs/ {
      proxy_pass http://unix:${socket}:/;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`,
    command: (file) => ["nginx", "-c", file],
  },
  caddy: {
    settings: ({ port, socket }) => `
{
  admin off
}
http://127.0.0.1:${port} {
  redir /logs /logs/ 308
  handle_path /logs/* {
    reverse_proxy unix/${socket}
  }
}
`,
    command: (file, { folder }) => {
      const home = [`HOME=${folder}`, `XDG_DATA_HOME=${folder}`];
      return ["env", ...home, "caddy", "run", "--adapter", "caddyfile", "--config", file];
    },
  },
  haproxy: {
    settings: ({ port, socket }) => `
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend browsers
  bind 127.0.0.1:${port}
  http-request redirect code 308 location /logs/ if { path /logs }
  http-request set-header X-Forwarded-For %[src]
  use_backend logs if { path_beg /logs/ }
backend logs
  server collector unix@${socket}
`,
    command: (file) => ["haproxy", "-db", "-f", file],
  },
};

type ProxyName = keyof typeof PROGRAMS & string;

/** Why a proxy cannot be tried here; undefined if it can. */
export function whyNoProxy(name: ProxyName): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  return found.status === 0 ? undefined : `needs ${name}: apt-get install ${name}`;
}

/** Starts a proxy in front of a unix socket, below `/logs/`. Resolves to its port. */
export async function startReverseProxy(name: ProxyName, socket: string): Promise<{ readonly port: number }> {
  const { settings, command } = PROGRAMS[name] ?? {};
  if (settings === undefined || command === undefined) throw new TypeError(`There is no proxy ${name}`);
  const place = { port: await freePort(), socket, folder: await tempFolder() };
  const file = join(place.folder, "settings");
  writeFileSync(file, settings(place));
  const [program, ...args] = command(file, place);
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const proxy = start(program, args, { env });
  await poll(`${name} to answer`, async () => {
    const answer = await fetch(`http://127.0.0.1:${place.port}/logs/healthz`).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer !== undefined;
  }).catch((error) => {
    throw new Error(`${error}\n${proxy.output()}`);
  });
  return place;
}
