-- People who were erased: the account stays, under no name.

do $$
declare
    rule text;
begin
    -- The rule that service accounts alone lack an email address, under the name that PostgreSQL chose.
    select conname into strict rule from pg_constraint
    where conrelid = 'projection.account'::regclass and contype = 'c'
      and pg_get_constraintdef(oid) like '%service = (email IS NULL)%';
    execute format('alter table projection.account drop constraint %I', rule);
end
$$;

alter table projection.account
    add column erased boolean not null default false,
    add constraint account_email check ((service or erased) = (email is null));

-- Addresses from which an account's tokens were used are found again to be forgotten.
create index token_use_address_account on state.token_use_address (account_id);
