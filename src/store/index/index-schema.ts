/**
 * Bump with every change of the schema: the collector discards another version's index at its start, and rebuilds it
 * from the files before it listens.
 */
export const SCHEMA_VERSION = 5;

/**
 * One row per execution, an index for each way to list them newest first, and totals kept by triggers, so that nodes
 * and jobs are listed without scanning a million rows.
 */
export const SCHEMA = `
  DROP TABLE IF EXISTS executions;
  DROP TABLE IF EXISTS node_totals;
  DROP TABLE IF EXISTS job_totals;
  DROP TABLE IF EXISTS owner_totals;
  DROP TABLE IF EXISTS tombstones;
  CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, x TEXT NOT NULL, key_hash TEXT NOT NULL,
    owner TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, started_at TEXT NOT NULL,
    base TEXT NOT NULL,           -- path below DATA/logs, without ending
    open INTEGER NOT NULL,        -- the files may say more than this row
    disk_bytes INTEGER NOT NULL,  -- what the files take
    search TEXT NOT NULL,         -- lower case: command line, job, node, labels, x
    summary TEXT NOT NULL,        -- JSON of wire's Execution
    UNIQUE (node, x, key_hash)
  );
  CREATE INDEX by_owner ON executions (owner, started_at DESC, x DESC, node DESC);
  CREATE INDEX by_start ON executions (started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX by_job ON executions (owner, job, started_at DESC, x DESC, node DESC);
  CREATE INDEX by_node ON executions (owner, node, started_at DESC, x DESC);
  CREATE INDEX by_state ON executions (owner, state, started_at DESC, x DESC, node DESC);
  -- The same of everybody's, for administrators.
  CREATE INDEX all_by_job ON executions (job, started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX all_by_node ON executions (node, started_at DESC, x DESC, owner DESC);
  CREATE INDEX all_by_state ON executions (state, started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX by_x ON executions (x);
  CREATE INDEX by_open ON executions (open) WHERE open = 1;

  CREATE TABLE node_totals (
    owner TEXT, node TEXT, executions INTEGER, running INTEGER, last_started_at TEXT, PRIMARY KEY (owner, node)
  ) WITHOUT ROWID;
  CREATE TABLE job_totals (
    owner TEXT, job TEXT, executions INTEGER, running INTEGER, failed INTEGER, started_at TEXT, PRIMARY KEY (owner, job)
  ) WITHOUT ROWID;
  CREATE INDEX jobs_by_start ON job_totals (owner, started_at DESC);
  CREATE INDEX all_jobs_by_start ON job_totals (started_at DESC);
  CREATE TABLE tombstones (
    node TEXT, x TEXT, key_hash TEXT, deleted_at_ms INTEGER, PRIMARY KEY (node, x, key_hash)
  ) WITHOUT ROWID;
  CREATE TABLE owner_totals (owner TEXT PRIMARY KEY, disk_bytes INTEGER) WITHOUT ROWID;
  CREATE TRIGGER execution_added AFTER INSERT ON executions BEGIN
    INSERT INTO node_totals VALUES (new.owner, new.node, 1, new.state = 'running', new.started_at)
      ON CONFLICT DO UPDATE SET executions = executions + 1, running = running + excluded.running,
        last_started_at = max(last_started_at, excluded.last_started_at);
    INSERT INTO job_totals VALUES (new.owner, new.job, 1, new.state = 'running', new.state = 'failed', new.started_at)
      ON CONFLICT DO UPDATE SET executions = executions + 1, running = running + excluded.running,
        failed = failed + excluded.failed, started_at = min(started_at, excluded.started_at);
    INSERT INTO owner_totals VALUES (new.owner, new.disk_bytes)
      ON CONFLICT DO UPDATE SET disk_bytes = disk_bytes + excluded.disk_bytes;
  END;
  CREATE TRIGGER execution_removed AFTER DELETE ON executions BEGIN
    UPDATE owner_totals SET disk_bytes = disk_bytes - old.disk_bytes WHERE owner = old.owner;
    UPDATE node_totals SET executions = executions - 1, running = running - (old.state = 'running'), last_started_at =
      (SELECT max(started_at) FROM executions WHERE owner = old.owner AND node = old.node)
      WHERE owner = old.owner AND node = old.node;
    DELETE FROM node_totals WHERE owner = old.owner AND node = old.node AND executions = 0;
    UPDATE job_totals SET executions = executions - 1, running = running - (old.state = 'running'),
      failed = failed - (old.state = 'failed'), started_at =
      (SELECT min(started_at) FROM executions WHERE owner = old.owner AND job = old.job)
      WHERE owner = old.owner AND job = old.job;
    DELETE FROM job_totals WHERE owner = old.owner AND job = old.job AND executions = 0;
  END;
  CREATE TRIGGER execution_grown AFTER UPDATE OF disk_bytes ON executions WHEN new.disk_bytes <> old.disk_bytes BEGIN
    UPDATE owner_totals SET disk_bytes = disk_bytes + new.disk_bytes - old.disk_bytes WHERE owner = new.owner;
  END;
  CREATE TRIGGER execution_changed AFTER UPDATE OF state ON executions WHEN new.state <> old.state BEGIN
    UPDATE node_totals SET running = running + (new.state = 'running') - (old.state = 'running')
      WHERE owner = new.owner AND node = new.node;
    UPDATE job_totals SET running = running + (new.state = 'running') - (old.state = 'running'),
      failed = failed + (new.state = 'failed') - (old.state = 'failed')
      WHERE owner = new.owner AND job = new.job;
  END;
`;
