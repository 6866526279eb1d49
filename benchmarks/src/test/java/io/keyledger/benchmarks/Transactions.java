package io.keyledger.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The least that a command comes to: a transaction that reads a stream, inserts an event as long as ours and writes a row of
 * a look-up table, by JDBC, in tables like ours of the same PostgreSQL.
 */
final class Transactions implements AutoCloseable {

    private static final String PREPARE = """
        drop schema if exists reference cascade;
        create schema reference;
        create table reference.event (like event.domain_event including all);
        create table reference.token (like projection.token including all);
        create table reference.plain (
            id bigint generated always as identity primary key, aggregate_identifier text not null, payload bytea not null);
        insert into reference.event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            select gen_random_uuid()::text, 'tok_' || i, 0, 'Token', now(), 'token.created', '1',
                decode(repeat('ab', PAYLOAD), 'hex'), decode(repeat('ab', METADATA), 'hex')
            from generate_series(0, STREAMS - 1) i;
        insert into reference.token (token_id, account_id, name_key, permissions, expired, revoked)
            select 'tok_' || i, 'acc_' || i % 10, 'token ' || i, '{}', false, false from generate_series(0, STREAMS - 1) i;
        analyze reference.event, reference.token;
        """;

    private final Keyledger keyledger;
    private final int streams;
    private final int payload;
    private final int metadata;

    /** Goes round the streams, so that two clients hardly ever meet in one. */
    private final AtomicLong number = new AtomicLong();

    private Transactions(Keyledger keyledger, int streams, int payload, int metadata) {
        this.keyledger = keyledger;
        this.streams = streams;
        this.payload = payload;
        this.metadata = metadata;
    }

    static Transactions prepare(Keyledger keyledger, int streams) throws IOException, SQLException {
        try (var connection = keyledger.connect();
                var statement = connection.createStatement()) {
            int payload;
            int metadata;
            try (var row = statement.executeQuery("""
                select avg(octet_length(payload))::integer, avg(octet_length(metadata))::integer
                from event.domain_event where payload_type = 'token.renamed'\
                """)) {
                row.next();
                payload = row.getInt(1);
                metadata = row.getInt(2);
            }
            for (var sql : PREPARE.replace("PAYLOAD", Integer.toString(payload))
                    .replace("METADATA", Integer.toString(metadata))
                    .replace("STREAMS", Integer.toString(streams))
                    .split(";\n", -1)) {
                if (!sql.isBlank()) {
                    statement.execute(sql);
                }
            }
            return new Transactions(keyledger, streams, payload, metadata);
        }
    }

    Load load(int clients) {
        return new Load() {
            @Override
            public String name() {
                return "transactions by JDBC";
            }

            @Override
            public Sample send(int seconds) throws IOException, InterruptedException, SQLException {
                return Transactions.this.send(clients, seconds);
            }
        };
    }

    private Load.Sample send(int clients, int seconds) throws IOException, InterruptedException, SQLException {
        var connections = new ArrayList<Connection>();
        try (var threads = Executors.newFixedThreadPool(clients)) {
            for (var i = 0; i < clients; i++) {
                var connection = keyledger.connect();
                connection.setAutoCommit(false);
                connections.add(connection);
            }
            var before = Load.Machine.now();
            var cpuBefore = keyledger.program().cpuSeconds();
            var start = System.nanoTime();
            var end = start + seconds * 1_000_000_000L;
            var running = new ArrayList<Future<List<Double>>>();
            for (var connection : connections) {
                running.add(threads.submit(() -> send(connection, end)));
            }
            var times = new ArrayList<Double>();
            for (var one : running) {
                times.addAll(one.get());
            }
            var elapsed = (System.nanoTime() - start) / 1e9;
            var machine = Load.Machine.now();
            times.sort(null);
            return new Load.Sample(
                    times.size() / elapsed,
                    times.get(times.size() / 2),
                    times.get(times.size() * 99 / 100),
                    (keyledger.program().cpuSeconds() - cpuBefore) * 1e6 / times.size(),
                    (machine.ownSeconds() - before.ownSeconds()) * 1e6 / times.size(),
                    machine.stolenSince(before));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a transaction failed", e.getCause());
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    /** @return how long each took, in ms */
    private List<Double> send(Connection connection, long end) throws SQLException {
        var times = new ArrayList<Double>();
        try (var read = connection.prepareStatement("""
            select sequence_number, payload_type, payload_revision, payload, metadata from reference.event
            where aggregate_identifier = ? order by sequence_number\
            """);
                var append = connection.prepareStatement("""
                    insert into reference.event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                        payload_type, payload_revision, payload, metadata)
                    values (?, ?, ?, 'Token', now(), 'token.renamed', '1', ?, ?)\
                    """);
                var upsert = connection.prepareStatement("""
                    insert into reference.token (token_id, account_id, name_key, permissions, expired, revoked)
                    values (?, ?, ?, '{}', false, false)
                    on conflict (token_id) do update set name_key = excluded.name_key\
                    """)) {
            while (true) {
                var start = System.nanoTime();
                if (start > end) {
                    return times;
                }
                var next = number.getAndIncrement();
                var stream = next % streams;
                read.setString(1, "tok_" + stream);
                var last = -1L;
                try (var rows = read.executeQuery()) {
                    while (rows.next()) {
                        last = rows.getLong(1);
                    }
                }
                append.setString(1, UUID.randomUUID().toString());
                append.setString(2, "tok_" + stream);
                append.setLong(3, last + 1);
                append.setBytes(4, new byte[payload]);
                append.setBytes(5, new byte[metadata]);
                append.executeUpdate();
                upsert.setString(1, "tok_" + stream);
                upsert.setString(2, "acc_" + stream % 10);
                upsert.setString(3, "renamed " + next);
                upsert.executeUpdate();
                connection.commit();
                times.add((System.nanoTime() - start) / 1e6);
            }
        }
    }

    @Override
    public void close() throws IOException, SQLException {
        try (var connection = keyledger.connect();
                var statement = connection.createStatement()) {
            statement.execute("drop schema reference cascade");
        }
    }
}
