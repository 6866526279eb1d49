-- The processes that run on this database.
create table state.node (
    -- Made anew at every start.
    id text primary key,
    roles text not null,
    -- Drawn anew each time the node reports: a second process of the same id, a copied machine say, does not know it.
    mark uuid not null,
    seen_at timestamptz not null default clock_timestamp()
);
