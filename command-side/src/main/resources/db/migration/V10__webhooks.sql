-- Addresses of the product that are told what happened, and what they were not told yet.

create table state.webhook (
    webhook_id          text primary key,
    account_id          text        not null, -- whose administrator made it
    -- Both encrypted under a key derived from the master key: a URL's path is often a secret too.
    url                 bytea       not null,
    secret              bytea       not null,
    types               text[]      not null, -- none: all
    enabled             boolean     not null,
    disabled_reason     text,
    version             bigint      not null,
    created_at          timestamptz not null,
    last_success_at     timestamptz,
    last_failure_at     timestamptz,
    last_failure        text,
    last_failure_status integer
);

-- One row per webhook and event, written in the transaction that appends the event. No foreign key: an event must not
-- fail because a webhook is being deleted; what is left behind is removed later.
create table state.webhook_delivery (
    webhook_id   text        not null,
    event_id     text        not null,
    -- Of the event in the log. Deliveries of one subject (a token, an account) go out in this order.
    position     bigint      not null,
    subject      text        not null,
    body         bytea       not null,
    created_at   timestamptz not null,
    due_at       timestamptz not null,
    -- Until then one node is at it.
    leased_until timestamptz,
    attempts     integer     not null default 0,
    primary key (webhook_id, event_id)
);

create index webhook_delivery_order on state.webhook_delivery (webhook_id, subject, position);
create index webhook_delivery_due on state.webhook_delivery (webhook_id, due_at);
