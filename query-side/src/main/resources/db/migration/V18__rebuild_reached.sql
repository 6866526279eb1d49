-- Up to where a rebuild has read. What lies behind its place is in memory alone, and read again by whoever carries on.
alter table state.projection_rebuild add column reached bigint not null default 0;
