-- The key before the present one, while something may still be wrapped under it; null when nothing is.
alter table state.master_key add column previous_fingerprint text;
