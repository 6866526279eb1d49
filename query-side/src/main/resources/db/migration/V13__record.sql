-- The record: what makes it visible when somebody alters events. Rows are only ever added, like the events'.

-- One row per event, in the order of global_index: a leaf of a Merkle tree (RFC 6962).
create table event.leaf (
    index        bigint primary key check (index >= 0), -- from 0, without holes
    global_index bigint not null unique,
    hash         bytea  not null check (length(hash) = 32)
);

-- The roots of complete subtrees of 256, 65536, … leaves, so that a proof needs a few hundred hashes and not all.
create table event.subtree (
    level smallint check (level > 0 and level % 8 = 0),
    index bigint check (index >= 0),
    hash  bytea not null check (length(hash) = 32),
    primary key (level, index)
);

-- The signed heads (C2SP tlog-checkpoint).
create table event.checkpoint (
    size       bigint primary key check (size >= 0),
    note       text        not null,
    created_at timestamptz not null default now()
);

create trigger refuse_update_or_delete before update or delete on event.leaf
    for each statement execute function event.refuse_change();
create trigger refuse_truncate before truncate on event.leaf
    for each statement execute function event.refuse_change();
create trigger refuse_update_or_delete before update or delete on event.subtree
    for each statement execute function event.refuse_change();
create trigger refuse_truncate before truncate on event.subtree
    for each statement execute function event.refuse_change();
create trigger refuse_update_or_delete before update or delete on event.checkpoint
    for each statement execute function event.refuse_change();
create trigger refuse_truncate before truncate on event.checkpoint
    for each statement execute function event.refuse_change();

-- What checkpoints are signed with. The private key is sealed with a key derived from the master key.
create table state.log_key (
    single      boolean primary key check (single), -- one row
    origin      text  not null,
    public_key  bytea not null,
    private_key bytea not null
);

-- How far the checkpoints have been sent to a place outside, by the digest of its address, which may be a secret.
create table state.checkpoint_place (
    place text primary key,
    size  bigint not null
);
