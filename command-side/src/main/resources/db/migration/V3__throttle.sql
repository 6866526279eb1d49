-- Counts of wrong passwords: one bucket of Bucket4j a row. Holds no email and no address: the key is their HMAC-SHA256.
create table state.throttle (
    key_digest bytea primary key check (octet_length(key_digest) = 32),
    -- Bucket4j's own format; null only between the two transactions that make a bucket.
    state      bytea,
    -- Milliseconds since 1970, as Bucket4j writes it. A bucket whose making was cut short has long expired.
    expires_at bigint not null default 0
);

create index throttle_expires_at on state.throttle (expires_at);

-- Addresses and browsers an account signed in from, each as HMAC-SHA256.
create table state.familiar_client (
    account_id        text        not null,
    client            bytea       not null check (octet_length(client) = 32),
    last_signed_in_at timestamptz not null,
    primary key (account_id, client)
);
