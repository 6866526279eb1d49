-- Service accounts stand in the list of accounts by their names.
create index account_order on projection.account (coalesce(email_key, lower(display_name)), account_id);

-- Whose the token was that moved to another account: they see in their trail that it left.
alter table projection.audit_entry add column previous_account_id text;

create index audit_entry_previous_account on projection.audit_entry (previous_account_id, position desc)
    where previous_account_id is not null;
