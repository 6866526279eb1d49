-- Tokens that rotate, that are disabled for a while, that are good from some addresses only; and service accounts.

-- Every value that a token ever had: the current one, the one before it while that is still accepted, and those that
-- are not accepted any more, which are known when they turn up again.
create table projection.token_value (
    digest    bytea primary key, -- SHA-256 of the value
    token_id  text        not null,
    hint      text        not null,
    state     text        not null check (state in ('current', 'previous', 'retired')),
    issued_at timestamptz not null
);

create unique index token_value_accepted on projection.token_value (token_id, state) where state <> 'retired';

insert into projection.token_value (digest, token_id, hint, state, issued_at)
select t.digest, t.token_id, convert_from(e.payload, 'UTF8')::jsonb ->> 'hint', 'current', e.occurred_at
from projection.token t
join event.domain_event e on e.aggregate_identifier = t.token_id and e.sequence_number = 0;

alter table projection.token
    drop column digest,
    add column disabled            boolean not null default false,
    -- Ranges in CIDR notation; null: from anywhere.
    add column allowed_addresses   text[],
    -- Until when the previous value is accepted; null: there is none.
    add column overlap_ends_at     timestamptz,
    -- Whether token.first-used was recorded.
    add column used                boolean not null default false,
    -- How many days before its end the owner was told last; null: not yet.
    add column announced_days_left integer;

create index token_overlap on projection.token (overlap_ends_at) where overlap_ends_at is not null and not revoked;

alter table projection.token_list
    add column enabled           boolean not null default true,
    add column allowed_addresses text[]  not null default '{}',
    add column rotated_at        timestamptz,
    add column overlap_ends_at   timestamptz;

alter table projection.account
    -- A service account has neither, and does not sign in.
    alter column email drop not null,
    alter column email_key drop not null,
    add column service boolean not null default false,
    add check (service = (email is null));

-- Who manages the tokens of a service account.
create table projection.account_owner (
    account_id text not null,
    owner_id   text not null,
    primary key (account_id, owner_id)
);

create index account_owner_owner on projection.account_owner (owner_id);
