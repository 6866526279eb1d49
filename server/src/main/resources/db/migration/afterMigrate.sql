-- What the server's role may do when another role owns the tables: add and read events, and no more than that
-- to events; do as it likes with the rows of projections and state. Runs after every migration, so that new tables are
-- covered, and changes nothing when the server's role is the owner.

-- One server at a time: PostgreSQL refuses two that grant the same at once ("tuple concurrently updated").
select pg_advisory_xact_lock(hashtext('keyledger.grants'));

grant usage on schema event, projection, state, shadow to "${serverRole}";
grant execute on all functions in schema shadow to "${serverRole}";
grant select, insert on all tables in schema event to "${serverRole}";
-- For currval(). An identity column needs no right to draw from its sequence.
grant select on all sequences in schema event to "${serverRole}";

-- Tables of projections are made anew by functions of the owner; an earlier version let the server's role make them.
do $$
begin
    if not exists (select from pg_namespace
                   where nspname = 'projection' and nspowner = '"${serverRole}"'::regrole) then
        revoke create on schema projection from "${serverRole}";
    end if;
end
$$;

-- One by one: tables that an earlier version's server made are its own, and cannot be granted by others.
do $$
declare
    relation record;
begin
    for relation in
        select c.oid::regclass as name, c.relkind = 'S' as is_sequence
        from pg_class c
        where c.relnamespace in ('projection'::regnamespace, 'state'::regnamespace)
          and c.relkind in ('r', 'p', 'v', 'm', 'S')
          and pg_has_role(c.relowner, 'usage')
    loop
        execute format('grant all on %s %s to %I',
            case when relation.is_sequence then 'sequence' else 'table' end, relation.name, '${serverRole}');
    end loop;
end
$$;
