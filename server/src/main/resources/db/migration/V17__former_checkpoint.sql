-- Checkpoints under the names that the log had before it went another way after a restore.
create table event.former_checkpoint (
    note       text primary key,
    size       bigint      not null,
    created_at timestamptz not null
);

create trigger refuse_update_or_delete before update or delete on event.former_checkpoint
    for each statement execute function event.refuse_change();
create trigger refuse_truncate before truncate on event.former_checkpoint
    for each statement execute function event.refuse_change();
