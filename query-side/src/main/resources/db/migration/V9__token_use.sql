-- What authentication saw of each token. It is measured, not told by events: a rebuild of the projections leaves it
-- alone, and what a killed node had not written yet is lost, which state.use_recorder tells.

create table state.token_use (
    token_id             text primary key,
    -- When the last look-ups that accepted it began, at most ten, the newest first.
    accepted_at          timestamptz[] not null,
    last_accepted_at     timestamptz generated always as (accepted_at[1]) stored,
    -- When a service was last told all its permissions, without saying which of them it needed.
    unspecified_at       timestamptz,
    -- Uses that were refused because it was revoked. Revoked is for ever, so all of them came after that.
    refused_when_revoked bigint        not null
);

create table state.token_use_day (
    token_id text   not null,
    day      date   not null, -- in UTC
    accepted bigint not null,
    refused  bigint not null,
    primary key (token_id, day)
);

create index token_use_day_day on state.token_use_day (day);

-- The last five addresses that each token was accepted from, and the last five it was refused at once revoked.
create table state.token_use_address (
    token_id       text        not null,
    kind           text        not null check (kind in ('accepted', 'refused')),
    -- HMAC-SHA256 of token and address: joins the uses from one address, and tells nothing to who reads the table.
    address_digest bytea       not null check (octet_length(address_digest) = 32),
    -- Under whose data key the address is sealed: the token's account at that time.
    account_id     text        not null,
    address        text        not null,
    last_at        timestamptz not null,
    uses           bigint      not null,
    primary key (token_id, kind, address_digest)
);

create table state.token_permission_use (
    token_id      text        not null,
    permission    text        not null,
    last_asked_at timestamptz not null,
    primary key (token_id, permission)
);

create index token_permission_use_last_asked on state.token_permission_use (last_asked_at);

-- The processes that see tokens used, one row for each start, and up to when each has written what it saw.
create table state.use_recorder (
    node_id       uuid primary key,
    -- Counts the batches it wrote; a batch whose commit was not answered is not written twice.
    batch         bigint      not null,
    written_until timestamptz not null,
    -- When it was last heard of, also while writing fails.
    seen_at       timestamptz not null,
    -- When it had certainly ended; absent while it runs, or since nobody knows.
    ended_at      timestamptz
);

-- Times in which a process saw more tokens than it counts at once, so that uses of any may be missing.
create table state.use_gap (
    node_id    uuid        not null,
    from_at    timestamptz not null,
    until_at   timestamptz not null,
    primary key (node_id, from_at)
);

-- Since when uses are recorded at all: since this migration.
create table state.use_recording (
    single boolean primary key check (single), -- one row
    since  timestamptz not null
);

insert into state.use_recording values (true, now());

-- The last use comes from state.token_use: written here, too, each use would write all of the list's indexes.
alter table projection.token_list drop column last_used_key, drop column last_used_at;
