-- What the server's role may do when another role owns the tables: add and read events, and no more than that
-- to events; do as it likes with projections and state. Runs after every migration, so that new tables are
-- covered, and changes nothing when the server's role is the owner.

-- One server at a time: PostgreSQL refuses two that grant the same at once ("tuple concurrently updated").
select pg_advisory_xact_lock(hashtext('keyledger.grants'));

grant usage on schema event, projection, state to "${serverRole}";
grant create on schema projection to "${serverRole}";
grant select, insert on all tables in schema event to "${serverRole}";
-- For currval(). An identity column needs no right to draw from its sequence.
grant select on all sequences in schema event to "${serverRole}";

-- One by one: the server's role rebuilds projections into tables of its own, and others cannot be granted.
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
