/** The schema of the agent's registry, in steps; one that has been released is never changed. Times are milliseconds. */
export const REGISTRY_MIGRATIONS: readonly string[] = [
  `
  create table services (
    name text primary key,
    node text not null,
    active integer not null,
    self_heal text not null,
    comment text not null,
    updated_at integer not null
  ) strict;

  create table components (
    service text not null references services (name) on delete cascade,
    name text not null,
    position integer not null,
    container_name text not null unique,
    spec text not null,
    desired text not null,
    observed text not null default 'unknown',
    observed_at integer,
    container_id text,
    image_digest text,
    version text not null default '',
    started_at integer,
    exit_code integer,
    oom_killed integer not null default 0,
    health text not null default 'none',
    reason text not null default '',
    deployment integer not null default 0,
    restarts integer not null default 0,
    flapping integer not null default 0,
    primary key (service, name)
  ) strict;

  create table component_ports (
    service text not null,
    component text not null,
    position integer not null,
    host_address text,
    host_port integer,
    container_port integer not null,
    protocol text not null,
    primary key (service, component, position),
    foreign key (service, component) references components (service, name) on delete cascade
  ) strict;

  create table component_volumes (
    service text not null,
    component text not null,
    position integer not null,
    source text not null,
    target text not null,
    read_only integer not null,
    primary key (service, component, position),
    foreign key (service, component) references components (service, name) on delete cascade
  ) strict;

  create table component_cmd (
    service text not null,
    component text not null,
    position integer not null,
    argument text not null,
    primary key (service, component, position),
    foreign key (service, component) references components (service, name) on delete cascade
  ) strict;

  create table deployments (
    service text not null,
    component text not null,
    number integer not null,
    spec text not null,
    image text not null,
    image_digest text not null,
    image_id text not null,
    spec_hash text not null,
    replaced integer not null,
    at integer not null,
    by text not null,
    primary key (service, component, number),
    foreign key (service, component) references components (service, name) on delete cascade
  ) strict;

  create table operations (
    sequence integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    service text not null,
    component text not null,
    state text not null,
    request_id text unique,
    caller text not null,
    input text not null,
    results text not null default '',
    started_at integer not null,
    finished_at integer,
    error text not null default ''
  ) strict;
  create index operations_by_service on operations (service, sequence);

  create table leases (
    service text primary key,
    operation_id text not null references operations (id) on delete cascade
  ) strict;

  create table steps (
    operation_id text not null references operations (id) on delete cascade,
    number integer not null,
    component text not null,
    name text not null,
    state text not null,
    data text not null,
    detail text not null default '',
    started_at integer not null,
    finished_at integer,
    primary key (operation_id, number)
  ) strict;

  create table events (
    id integer primary key autoincrement,
    at integer not null,
    service text not null,
    component text not null,
    kind text not null,
    from_value text not null,
    to_value text not null,
    message text not null
  ) strict;
  create index events_by_component on events (service, component, at);
  create index events_by_time on events (at);
  `,
  // A restored copy is the same agent.
  `
  create table agent (
    id text not null
  ) strict;
  insert into agent values (lower(hex(randomblob(16))));
  `,
];
