-- What was the primary before a failover answers reads from what it knew then.
create or replace function state.authentication_is_open() returns boolean language plpgsql stable as $$
begin
    if pg_is_in_recovery() then
        raise exception 'This database server is a standby, and authenticates nobody' using errcode = 'read_only_sql_transaction';
    end if;
    if exists (select from state.restore) then
        raise exception 'This database was restored from a backup, and authenticates nobody until "keyledger restore" has closed the gap'
            using errcode = 'operator_intervention';
    end if;
    return true;
end
$$;
