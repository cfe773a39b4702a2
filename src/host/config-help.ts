import { DEFAULT_CONFIG_FILE } from "./config.ts";

/** The output of `mlcollector --help`. */
export const COLLECTOR_HELP = `Usage: mlcollector [OPTIONS]            receive, store and show
       mlcollector reindex [OPTIONS]    rebuild the index from the logs
       mlcollector auth [OPTIONS]       check passwords with PAM, for a collector that runs without that right

  --config FILE          default ${DEFAULT_CONFIG_FILE}; each option below is a key there, too
  --data-dir DIR         logs, index and sessions (/var/lib/marcologger)
  --relp HOST:PORT       listen for relays (127.0.0.1:2514)
  --pki DIR              folder with ca.crt, ca.crl, collector.crt and collector.key (mlctl pki init)
  --insecure             no TLS for relays: a trial on loopback, where any user can pose as any other
  --web HOST:PORT|unix:PATH
                         listen for browsers (127.0.0.1:8514), or on a socket for a proxy
  --web-socket-group GROUP
                         members may connect to that socket, besides this user (nobody)
  --web-cert F --web-key F
                         serve https
  --behind-proxy URL     what browsers see when a proxy stands in front, like https://www.example.org/logs
  --proxies ADDRESS,...  where the proxies connect from: only they may say who the client is
  --web-names NAME,...   names that browsers use beside this host's own and the certificate's
  --hsts-seconds N       browsers shall use nothing but https for the whole host name (0: not said)
  --fleet HOST:PORT      take orders for nodes, and listen there for their agents (off)
  --fleet-broker child|unit
                         the broker there: a child of this process, or the unit marcologger-broker (child)
  --fleet-files HOST:PORT
                         where they fetch users' files (the next port)
  --sync batch|always    acknowledge what survives kill -9 (batch), or a power cut (always)
  --seal-after-days N    pack the logs of executions that ended so long ago (7; 0: never)
  --udp-syslog HOST:PORT, --tcp-syslog HOST:PORT
                         keep other machines' ordinary syslog (off)
  --pam-service NAME     file in /etc/pam.d (login)
  --auth-socket PATH     where "mlcollector auth" listens (default: a child process of this collector)
  --web-signer-key F     the password checker signs orders of the viewer's users with this key (off)
  --admin-group GROUP    members may see everything (nobody)
  --metrics HOST:PORT|unix:PATH
                         serve /metrics there (off)
  --metrics-token-file F a scraper shows this token; with it, /metrics is on the browsers' port as well
  --login-code           print an address that logs in who started this, once
  --help, --version

[limits], [retention], [nodes.NAME] and [peers.NAME] can be set only in the file: see src/host/README.md.
`;
