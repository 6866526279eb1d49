-- Everything that ever happened. Rows are only ever added.
create table event.domain_event (
    -- Given out before commit, so readers meet gaps; "cache 1" because they rely on indexes rising in the order
    -- in which they are drawn, over all sessions.
    global_index bigint generated always as identity (cache 1) primary key,
    event_identifier text not null unique,
    aggregate_identifier text not null,
    sequence_number bigint not null,
    type text,
    occurred_at timestamptz not null,
    payload_type text not null,
    payload_revision text not null,
    -- bytea, because jsonb reorders keys and proofs are over the stored bytes.
    payload bytea not null,
    metadata bytea not null,
    unique (aggregate_identifier, sequence_number)
);

create function event.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'Events are never changed or removed: % on %.% refused', tg_op, tg_table_schema, tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create trigger refuse_update_or_delete before update or delete on event.domain_event
    for each statement execute function event.refuse_change();
create trigger refuse_truncate before truncate on event.domain_event
    for each statement execute function event.refuse_change();

-- A reader gives up a missing index when every transaction that could hold it has ended, and it knows those by
-- their transaction ids. So a transaction needs its id before it draws an index; nextval() alone assigns none.
create function event.assign_transaction_id() returns trigger language plpgsql as $$
begin
    perform pg_current_xact_id();
    return null;
end
$$;

create trigger assign_transaction_id before insert on event.domain_event
    for each statement execute function event.assign_transaction_id();

-- How far each streaming projection has read (Axon's token store).
create table state.token_entry (
    processor_name text not null,
    segment integer not null,
    token bytea,
    token_type text,
    claimed_at text not null,
    owner text,
    primary key (processor_name, segment)
);
