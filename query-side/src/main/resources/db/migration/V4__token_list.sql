-- Tokens as their owners see them: a streaming projection, which may lag and can be rebuilt from the events.

create table projection.token_list (
    token_id        text primary key,
    account_id      text        not null,
    name            text        not null,
    description     text,
    -- Both in small letters, for searching and sorting. Sorted by code point, because the order of a language's
    -- collation changes with the operating system's version, and then indexes are wrong.
    name_key        text        not null collate "C",
    description_key text,
    permissions     text[]      not null,
    hint            text        not null,
    created_at      timestamptz not null,
    expires_at      timestamptz,
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    -- Sequence number of the last event that was applied.
    version         bigint      not null,
    -- "Never" sorts behind every time.
    expires_key     timestamptz not null generated always as (coalesce(expires_at, 'infinity'::timestamptz)) stored,
    last_used_key   timestamptz not null generated always as (coalesce(last_used_at, 'infinity'::timestamptz)) stored
);

-- One for each sort order; each is read forwards and backwards.
create index token_list_name on projection.token_list (account_id, name_key, token_id);
create index token_list_created on projection.token_list (account_id, created_at, token_id);
create index token_list_expires on projection.token_list (account_id, expires_key, token_id);
create index token_list_last_used on projection.token_list (account_id, last_used_key, token_id);

-- The same for the usual list, which leaves out revoked tokens: an account that rotates its tokens gathers them.
create index token_list_unrevoked_name on projection.token_list (account_id, name_key, token_id)
    where revoked_at is null;
create index token_list_unrevoked_created on projection.token_list (account_id, created_at, token_id)
    where revoked_at is null;
create index token_list_unrevoked_expires on projection.token_list (account_id, expires_key, token_id)
    where revoked_at is null;
create index token_list_unrevoked_last_used on projection.token_list (account_id, last_used_key, token_id)
    where revoked_at is null;
