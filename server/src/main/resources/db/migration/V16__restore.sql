-- A database that was restored from a backup does not know of later revocations and erasures. While this row is there,
-- nobody is authenticated: not by a token, not by a password, not by a session.
create table state.restore (
    single    boolean primary key check (single), -- one row
    marked_at timestamptz not null default now()
);

-- Part of each statement that authenticates. It fails rather than answer: no row found would mean "unknown", and a token
-- that was made after the backup is not known to be bad.
create function state.authentication_is_open() returns boolean language plpgsql stable as $$
begin
    if exists (select from state.restore) then
        raise exception 'This database was restored from a backup, and authenticates nobody until "keyledger restore" has closed the gap'
            using errcode = 'operator_intervention';
    end if;
    return true;
end
$$;
