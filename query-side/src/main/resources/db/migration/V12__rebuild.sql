-- Projections are built anew beside the live ones, in tables of the same names in another schema, and then take their
-- place. The server's role owns no table, so what only an owner can do is done by functions of the owner, for the
-- tables of schema projection and nothing else.

create schema shadow;

-- The last rebuild of each projection; the one that runs is carried on by whichever node holds its advisory lock.
create table state.projection_rebuild (
    projection        text primary key,
    rebuild_id        uuid        not null,
    state             text        not null check (state in ('running', 'succeeded', 'failed', 'cancelled')),
    phase             text        not null check (phase in ('preparing', 'loading', 'indexing', 'comparing', 'swapping')),
    started_by        text, -- account id; null: the system
    started_at        timestamptz not null default clock_timestamp(),
    ended_at          timestamptz,
    -- Every event up to this position is in the new tables, but for those at the gaps.
    place             bigint      not null default 0,
    gaps              bigint[]    not null default '{}',
    -- The log's head when it began.
    target            bigint      not null,
    events            bigint      not null default 0,
    events_per_second double precision,
    differences       bigint,
    error             text,
    cancelled         boolean     not null default false
);

-- One at a time, over all nodes.
create unique index projection_rebuild_running on state.projection_rebuild ((true)) where state = 'running';

-- What the last rebuild of each projection found in the live tables that the events do not tell, and the other way round.
create table state.projection_difference (
    number     bigint generated always as identity primary key,
    projection text   not null,
    table_name text   not null,
    key        jsonb  not null,
    -- missing: the events tell a row that the live table lacked; extra: it had one that they do not tell.
    kind       text   not null check (kind in ('missing', 'extra', 'different')),
    columns    text[] not null
);

create index projection_difference_projection on state.projection_difference (projection, number);

-- Why each projection stands still, as the node told that tried last.
create table state.projection_failure (
    projection text primary key,
    message    text        not null,
    at         timestamptz not null default clock_timestamp()
);

create function shadow.remove() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one record;
begin
    for one in select relname from pg_class where relnamespace = 'shadow'::regnamespace and relkind = 'r' loop
        execute format('drop table shadow.%I', one.relname);
    end loop;
end
$$;

-- Empty tables like the live ones, with their primary keys and rights. Other indexes come when the rows are there.
create function shadow.prepare(names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    live oid;
    one record;
begin
    perform shadow.remove();
    foreach name in array names loop
        select oid into live from pg_class
        where relnamespace = 'projection'::regnamespace and relname = name and relkind = 'r';
        if live is null then
            raise exception 'There is no table projection.%', name;
        end if;
        execute format(
            'create table shadow.%I (like projection.%I including all excluding indexes)
                with (autovacuum_enabled = false, toast.autovacuum_enabled = false)', name, name);
        for one in
            select conname, pg_get_constraintdef(oid) as definition from pg_constraint
            where conrelid = live and contype = 'p'
        loop
            execute format('alter table shadow.%I add constraint %I %s', name, one.conname, one.definition);
        end loop;
        for one in
            select a.privilege_type as privilege,
                case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
            from pg_class c, aclexplode(c.relacl) a where c.oid = live
        loop
            execute format('grant %s on shadow.%I to %s', one.privilege, name, one.grantee);
        end loop;
    end loop;
end
$$;

-- The counterpart of an index of a live table.
create function shadow.add_index(name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    definition text;
begin
    if exists (select from pg_class where relnamespace = 'shadow'::regnamespace and relname = name) then
        return;
    end if;
    select pg_get_indexdef(c.oid) into definition
    from pg_class c join pg_index i on i.indexrelid = c.oid
    where c.relnamespace = 'projection'::regnamespace and c.relname = name and not i.indisprimary;
    if definition is null then
        raise exception 'There is no index projection.%', name;
    end if;
    execute regexp_replace(definition, ' ON (ONLY )?projection\.', ' ON shadow.');
end
$$;

create function shadow.analyze(names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text;
begin
    foreach name in array names loop
        execute format('analyze shadow.%I', name);
    end loop;
end
$$;

-- Puts the new tables in the place of the live ones. Whoever calls it has locked those, so that it waits for nobody.
create function shadow.swap(names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    lacking text;
begin
    foreach name in array names loop
        -- A migration may have changed the live table since.
        select string_agg(coalesce(l.attname, s.attname), ', ') into lacking
        from (select * from pg_attribute
              where attrelid = format('projection.%I', name)::regclass and attnum > 0 and not attisdropped) l
        full join (select * from pg_attribute
              where attrelid = format('shadow.%I', name)::regclass and attnum > 0 and not attisdropped) s
            using (attname)
        where (l.atttypid, l.atttypmod, l.attnotnull) is distinct from (s.atttypid, s.atttypmod, s.attnotnull);
        if lacking is not null then
            raise exception 'The new table % has other columns than the live one: %', name, lacking;
        end if;
        select string_agg(c.relname, ', ') into lacking
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = format('projection.%I', name)::regclass
          and not exists (select from pg_class n
                          where n.relnamespace = 'shadow'::regnamespace and n.relname = c.relname);
        if lacking is not null then
            raise exception 'The new table % lacks indexes of the live one: %', name, lacking;
        end if;
        execute format('drop table projection.%I', name);
        execute format('alter table shadow.%I reset (autovacuum_enabled, toast.autovacuum_enabled)', name);
        execute format('alter table shadow.%I set schema projection', name);
    end loop;
end
$$;

revoke all on function shadow.remove(), shadow.prepare(text[]), shadow.add_index(text), shadow.analyze(text[]),
    shadow.swap(text[]) from public;
