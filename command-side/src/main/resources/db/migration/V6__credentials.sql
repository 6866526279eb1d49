-- What is no event: secrets' digests, keys, and what may be forgotten.

create table state.credential (
    account_id    text primary key,
    password_hash text not null
);

-- A person's data key, wrapped by a key derived from the master key; null once destroyed.
create table state.data_key (
    account_id text primary key,
    wrapped    bytea
);

create table state.reset_link (
    account_id    text primary key,
    secret_digest text        not null,
    expires_at    timestamptz not null
);

create unique index reset_link_secret on state.reset_link (secret_digest);

create table state.idempotency_key (
    account_id     text        not null,
    key_digest     text        not null,
    request_digest text        not null,
    token_id       text        not null,
    created_at     timestamptz not null default now(),
    primary key (account_id, key_digest)
);

create index idempotency_key_created_at on state.idempotency_key (created_at);
