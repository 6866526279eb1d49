-- The database of Keyledger and the two roles that use it. Run once, by a superuser or by a role that may create
-- roles and databases, with psql 15 or later, connected to any database of the server:
--
--     KEYLEDGER_OWNER_PASSWORD=… KEYLEDGER_SERVER_PASSWORD=… psql -h … -U postgres -d postgres -f deploy/roles.sql
--
-- The passwords come from the environment, so that no list of processes shows them. docker-compose.yml runs this
-- same file when its database is first made.
--
-- keyledger_owner  owns the database and everything in it; only migrations run as this role
--                  (SPRING_FLYWAY_USER, SPRING_FLYWAY_PASSWORD)
-- keyledger        what the server runs as (SPRING_DATASOURCE_USERNAME, SPRING_DATASOURCE_PASSWORD): it may append
--                  events but never change them
--
-- The schemas (event, projection, state) are made by the migrations, which also grant the server's role what it needs.

\set ON_ERROR_STOP on
\getenv owner_password KEYLEDGER_OWNER_PASSWORD
\getenv server_password KEYLEDGER_SERVER_PASSWORD
\if :{?owner_password}
\else
    do $$ begin raise exception 'KEYLEDGER_OWNER_PASSWORD is not set'; end $$;
\endif
\if :{?server_password}
\else
    do $$ begin raise exception 'KEYLEDGER_SERVER_PASSWORD is not set'; end $$;
\endif

create role keyledger_owner login password :'owner_password';
create role keyledger login password :'server_password';

-- Who is no superuser may only give a database to a role that it is a member of.
grant keyledger_owner to current_user;
create database keyledger owner keyledger_owner encoding 'UTF8' template template0;
revoke all on database keyledger from public;
grant connect on database keyledger to keyledger;
revoke keyledger_owner from current_user;
