-- The audit trail: one row per event, by its position in the log. A streaming projection, which may lag and can be
-- rebuilt from the events. Personal data is as in the events: ciphertext, decrypted on reading.

create table projection.audit_entry (
    position         bigint primary key,
    event_id         text        not null,
    type             text        not null,
    revision         text        not null,
    occurred_at      timestamptz not null,
    actor_type       text        not null,
    actor_account_id text,
    actor_token_id   text,
    -- What it was done to.
    account_id       text        not null,
    token_id         text,
    ip_address       text,
    user_agent       text,
    correlation_id   text        not null,
    payload          bytea       not null
);

create index audit_entry_account on projection.audit_entry (account_id, position desc);
create index audit_entry_token on projection.audit_entry (token_id, position desc) where token_id is not null;
create index audit_entry_actor_account on projection.audit_entry (actor_account_id, position desc)
    where actor_account_id is not null;
create index audit_entry_actor_token on projection.audit_entry (actor_token_id, position desc)
    where actor_token_id is not null;
create index audit_entry_type on projection.audit_entry (type, position desc);
create index audit_entry_occurred on projection.audit_entry (occurred_at);
