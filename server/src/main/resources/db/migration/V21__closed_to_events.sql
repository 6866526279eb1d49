-- While a database that was restored from a backup is closed, "keyledger restore" alone appends: an event of a server's own
-- would have the position of one that is to be brought back. Asked here, because this runs with every append anyway. A
-- transaction that waited for the mark to be set sees it: each statement of a volatile function has a snapshot of its own.
create or replace function event.assign_transaction_id() returns trigger language plpgsql as $$
begin
    perform pg_current_xact_id();
    if exists (select from state.restore) and current_setting('keyledger.restoring', true) is distinct from 'on' then
        raise exception 'This database was restored from a backup, and takes no events until "keyledger restore" has closed the gap'
            using errcode = 'operator_intervention';
    end if;
    return null;
end
$$;
