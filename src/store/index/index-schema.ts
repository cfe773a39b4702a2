/**
 * Bump with every change of the schema: the collector discards another version's index at its start, and rebuilds it
 * from the files before it listens.
 */
export const SCHEMA_VERSION = 7;

/**
 * One row per execution, an index for each way to list them newest first, and totals kept by triggers, so that nodes,
 * jobs and runs are listed and counted without scanning a million rows.
 */
export const SCHEMA = `
  DROP TABLE IF EXISTS executions;
  DROP TABLE IF EXISTS node_totals;
  DROP TABLE IF EXISTS job_totals;
  DROP TABLE IF EXISTS run_totals;
  DROP TABLE IF EXISTS owner_totals;
  DROP TABLE IF EXISTS tombstones;
  CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL, x TEXT NOT NULL, key_hash TEXT NOT NULL,
    owner TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, started_at TEXT NOT NULL,
    run TEXT NOT NULL,            -- empty while a reindex has not decided yet
    seat TEXT NOT NULL,           -- node and rank: a run takes each seat once at a time
    over_at TEXT NOT NULL,        -- its end, or when it was last heard of; empty while it is running
    base TEXT NOT NULL,           -- path below DATA/logs, without ending
    open INTEGER NOT NULL,        -- the files may say more than this row
    disk_bytes INTEGER NOT NULL,  -- what the files take
    sealable_since INTEGER,       -- milliseconds; null: its log is sealed, or never will be, or may still change
    search TEXT NOT NULL,         -- lower case: command line, job, node, labels, x
    summary TEXT NOT NULL,        -- JSON of wire's Execution
    UNIQUE (node, x, key_hash)
  );
  CREATE INDEX by_owner ON executions (owner, started_at DESC, x DESC, node DESC);
  CREATE INDEX by_start ON executions (started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX by_job ON executions (owner, job, started_at DESC, x DESC, node DESC);
  CREATE INDEX by_run ON executions (owner, job, run, started_at DESC, x DESC, node DESC);
  CREATE INDEX by_seat ON executions (owner, job, run, seat, started_at);
  CREATE INDEX by_node ON executions (owner, node, started_at DESC, x DESC);
  CREATE INDEX by_state ON executions (owner, state, started_at DESC, x DESC, node DESC);
  -- The same of everybody's, for administrators.
  CREATE INDEX all_by_job ON executions (job, started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX all_by_node ON executions (node, started_at DESC, x DESC, owner DESC);
  CREATE INDEX all_by_state ON executions (state, started_at DESC, x DESC, node DESC, owner DESC);
  CREATE INDEX by_x ON executions (x);
  CREATE INDEX by_open ON executions (open) WHERE open = 1;
  CREATE INDEX by_sealable ON executions (sealable_since, id) WHERE sealable_since IS NOT NULL;
  CREATE INDEX without_run ON executions (started_at, x) WHERE run = '';

  CREATE TABLE node_totals (
    owner TEXT, node TEXT, executions INTEGER, running INTEGER, last_started_at TEXT, PRIMARY KEY (owner, node)
  ) WITHOUT ROWID;
  CREATE TABLE job_totals (
    owner TEXT, job TEXT, executions INTEGER, running INTEGER, finished INTEGER, failed INTEGER, lost INTEGER,
    runs INTEGER, started_at TEXT, PRIMARY KEY (owner, job)
  ) WITHOUT ROWID;
  CREATE INDEX jobs_by_start ON job_totals (owner, started_at DESC);
  CREATE INDEX all_jobs_by_start ON job_totals (started_at DESC);
  CREATE INDEX job_owners ON job_totals (job);
  CREATE TABLE run_totals (
    owner TEXT, job TEXT, run TEXT,
    executions INTEGER, running INTEGER, finished INTEGER, failed INTEGER, lost INTEGER,
    started_at TEXT,
    last_at TEXT,  -- the last start or end; stays when its execution is deleted
    opened INTEGER,  -- 1: opened by the collector for the execution after which it is called
    PRIMARY KEY (owner, job, run)
  ) WITHOUT ROWID;
  CREATE INDEX runs_by_job ON run_totals (owner, job, started_at DESC, run DESC);
  CREATE INDEX runs_by_owner ON run_totals (owner, started_at DESC, job DESC, run DESC);
  CREATE INDEX all_runs_by_start ON run_totals (started_at DESC, owner DESC, job DESC, run DESC);
  CREATE INDEX opened_runs ON run_totals (owner, job, started_at) WHERE opened = 1;
  CREATE TRIGGER run_added AFTER INSERT ON run_totals BEGIN
    UPDATE job_totals SET runs = runs + 1 WHERE owner = new.owner AND job = new.job;
  END;
  CREATE TRIGGER run_removed AFTER DELETE ON run_totals BEGIN
    UPDATE job_totals SET runs = runs - 1 WHERE owner = old.owner AND job = old.job;
  END;
  CREATE TABLE tombstones (
    node TEXT, x TEXT, key_hash TEXT, deleted_at_ms INTEGER, PRIMARY KEY (node, x, key_hash)
  ) WITHOUT ROWID;
  CREATE TABLE owner_totals (owner TEXT PRIMARY KEY, disk_bytes INTEGER) WITHOUT ROWID;
  CREATE TRIGGER execution_added AFTER INSERT ON executions BEGIN
    INSERT INTO node_totals VALUES (new.owner, new.node, 1, new.state = 'running', new.started_at)
      ON CONFLICT DO UPDATE SET executions = executions + 1, running = running + excluded.running,
        last_started_at = max(last_started_at, excluded.last_started_at);
    INSERT INTO job_totals VALUES (new.owner, new.job, 1, new.state = 'running', new.state = 'finished',
      new.state = 'failed', new.state = 'lost', 0, new.started_at)
      ON CONFLICT DO UPDATE SET executions = executions + 1, running = running + excluded.running,
        finished = finished + excluded.finished, failed = failed + excluded.failed, lost = lost + excluded.lost,
        started_at = min(started_at, excluded.started_at);
    INSERT INTO run_totals SELECT new.owner, new.job, new.run, 1, new.state = 'running', new.state = 'finished',
      new.state = 'failed', new.state = 'lost', new.started_at, max(new.started_at, new.over_at), new.run = new.x
      WHERE new.run <> ''
      ON CONFLICT DO UPDATE SET executions = executions + 1, running = running + excluded.running,
        finished = finished + excluded.finished, failed = failed + excluded.failed, lost = lost + excluded.lost,
        started_at = min(started_at, excluded.started_at), last_at = max(last_at, excluded.last_at),
        opened = max(opened, excluded.opened);
    INSERT INTO owner_totals VALUES (new.owner, new.disk_bytes)
      ON CONFLICT DO UPDATE SET disk_bytes = disk_bytes + excluded.disk_bytes;
  END;
  CREATE TRIGGER execution_removed AFTER DELETE ON executions BEGIN
    UPDATE owner_totals SET disk_bytes = disk_bytes - old.disk_bytes WHERE owner = old.owner;
    UPDATE node_totals SET executions = executions - 1, running = running - (old.state = 'running'), last_started_at =
      (SELECT max(started_at) FROM executions WHERE owner = old.owner AND node = old.node)
      WHERE owner = old.owner AND node = old.node;
    DELETE FROM node_totals WHERE owner = old.owner AND node = old.node AND executions = 0;
    UPDATE run_totals SET executions = executions - 1, running = running - (old.state = 'running'),
      finished = finished - (old.state = 'finished'), failed = failed - (old.state = 'failed'),
      lost = lost - (old.state = 'lost'), started_at =
      (SELECT min(started_at) FROM executions WHERE owner = old.owner AND job = old.job AND run = old.run)
      WHERE owner = old.owner AND job = old.job AND run = old.run;
    DELETE FROM run_totals WHERE owner = old.owner AND job = old.job AND run = old.run AND executions = 0;
    UPDATE job_totals SET executions = executions - 1, running = running - (old.state = 'running'),
      finished = finished - (old.state = 'finished'), failed = failed - (old.state = 'failed'),
      lost = lost - (old.state = 'lost'), started_at =
      (SELECT min(started_at) FROM executions WHERE owner = old.owner AND job = old.job)
      WHERE owner = old.owner AND job = old.job;
    DELETE FROM job_totals WHERE owner = old.owner AND job = old.job AND executions = 0;
  END;
  CREATE TRIGGER execution_grown AFTER UPDATE OF disk_bytes ON executions WHEN new.disk_bytes <> old.disk_bytes BEGIN
    UPDATE owner_totals SET disk_bytes = disk_bytes + new.disk_bytes - old.disk_bytes WHERE owner = new.owner;
  END;
  CREATE TRIGGER execution_over AFTER UPDATE OF over_at ON executions WHEN new.over_at > old.over_at BEGIN
    UPDATE run_totals SET last_at = max(last_at, new.over_at)
      WHERE owner = new.owner AND job = new.job AND run = new.run;
  END;
  CREATE TRIGGER execution_changed AFTER UPDATE OF state ON executions WHEN new.state <> old.state BEGIN
    UPDATE node_totals SET running = running + (new.state = 'running') - (old.state = 'running')
      WHERE owner = new.owner AND node = new.node;
    UPDATE job_totals SET running = running + (new.state = 'running') - (old.state = 'running'),
      finished = finished + (new.state = 'finished') - (old.state = 'finished'),
      failed = failed + (new.state = 'failed') - (old.state = 'failed'),
      lost = lost + (new.state = 'lost') - (old.state = 'lost')
      WHERE owner = new.owner AND job = new.job;
    UPDATE run_totals SET running = running + (new.state = 'running') - (old.state = 'running'),
      finished = finished + (new.state = 'finished') - (old.state = 'finished'),
      failed = failed + (new.state = 'failed') - (old.state = 'failed'),
      lost = lost + (new.state = 'lost') - (old.state = 'lost')
      WHERE owner = new.owner AND job = new.job AND run = new.run;
  END;
`;
