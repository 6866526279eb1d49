-- Spring Session's own schema, in ours.

create table state.spring_session (
    primary_id            char(36) primary key,
    session_id            char(36) not null,
    creation_time         bigint   not null,
    last_access_time      bigint   not null,
    max_inactive_interval integer  not null,
    expiry_time           bigint   not null,
    principal_name        varchar(100) -- the account's id
);

create unique index spring_session_id on state.spring_session (session_id);
create index spring_session_expiry_time on state.spring_session (expiry_time);
create index spring_session_principal_name on state.spring_session (principal_name);

create table state.spring_session_attributes (
    session_primary_id char(36)     not null references state.spring_session (primary_id) on delete cascade,
    attribute_name     varchar(200) not null,
    attribute_bytes    bytea        not null,
    primary key (session_primary_id, attribute_name)
);

-- Tells the master key that this database was made with from others, and nothing about it.
create table state.master_key (
    single      boolean primary key check (single), -- one row
    fingerprint text not null
);
