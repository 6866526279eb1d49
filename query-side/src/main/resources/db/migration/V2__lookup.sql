-- What authenticates requests. Both tables are written in the transaction that appends the event, so they are never
-- behind it, and their unique indexes are the rules about names that must hold over all aggregates.

create table projection.account (
    account_id          text primary key,
    -- The address as typed; email_key is the address in small letters, by which it is unique and found.
    email               text        not null,
    email_key           text        not null,
    display_name        text        not null,
    administrator       boolean     not null,
    enabled             boolean     not null,
    -- Sequence number of the event that last ended all sessions; a session that carries another one is over.
    session_epoch       bigint      not null,
    version             bigint      not null,
    created_at          timestamptz not null,
    password_changed_at timestamptz
);

create unique index account_email on projection.account (email_key);

create table projection.token (
    token_id    text primary key,
    account_id  text    not null,
    digest      bytea   not null, -- SHA-256 of the value
    -- The name in small letters, by which it is unique among the account's unrevoked tokens; null once revoked.
    name_key    text,
    permissions text[]  not null,
    expires_at  timestamptz,
    -- Whether token.expired was recorded for expires_at.
    expired     boolean not null,
    revoked     boolean not null
);

create unique index token_digest on projection.token (digest);
create unique index token_name on projection.token (account_id, name_key);
create index token_due on projection.token (expires_at) where not expired and not revoked;
