package io.keyledger.benchmarks;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Tokens in the look-up's tables, put there by SQL, ten an account. A token's value is its number, which nobody can send: it
 * has no checksum.
 */
final class LookupRows {

    private static final String CREATE = """
        create schema SCHEMA;
        create table SCHEMA.account (like projection.account including all);
        create table SCHEMA.token (like projection.token including all);
        create table SCHEMA.token_value (like projection.token_value including all);
        """;

    /** Ids as long as ours, in no order. */
    private static final String FILL = """
        create function pg_temp.id(prefix text, number integer) returns text language sql immutable return
            prefix || left(translate(encode(sha256(number::text::bytea), 'base64'), '+/=', ''), 20);
        insert into SCHEMA.account (account_id, display_name, administrator, enabled, session_epoch, version, created_at,
                service)
            select pg_temp.id('acc_', i), 'Filled in ' || i, false, true, 0, 0, '2026-01-01', true
            from generate_series(0, TOKENS / 10 - 1) i;
        insert into SCHEMA.token (token_id, account_id, name_key, permissions, expired, revoked, used)
            select pg_temp.id('tok_', i), pg_temp.id('acc_', i / 10), 'filled in ' || i, '{tokens:read}', false, false, true
            from generate_series(0, TOKENS - 1) i;
        insert into SCHEMA.token_value (digest, token_id, hint, state, issued_at)
            select sha256(i::text::bytea), pg_temp.id('tok_', i), 'klt_…abcd', 'current', '2026-01-01'
            from generate_series(0, TOKENS - 1) i;
        drop function pg_temp.id;
        vacuum analyze SCHEMA.account, SCHEMA.token, SCHEMA.token_value;
        """;

    /** Rows in the order of their keys, which is none: those that were there before do not stand together any more. */
    private static final String MIX = """
        cluster SCHEMA.account using account_pkey;
        cluster SCHEMA.token using token_pkey;
        cluster SCHEMA.token_value using token_value_pkey;
        analyze SCHEMA.account, SCHEMA.token, SCHEMA.token_value;
        """;

    private static final String REMOVE = """
        delete from SCHEMA.token_value v using SCHEMA.token t
            where t.token_id = v.token_id and t.name_key like 'filled in %';
        delete from SCHEMA.token where name_key like 'filled in %';
        delete from SCHEMA.account where display_name like 'Filled in %';
        vacuum analyze SCHEMA.account, SCHEMA.token, SCHEMA.token_value;
        """;

    private LookupRows() {}

    /** A schema of that name with tables like those of {@code projection}. */
    static void create(Connection connection, String schema) throws SQLException {
        execute(connection, CREATE, schema, 0);
    }

    static void drop(Connection connection, String schema) throws SQLException {
        execute(connection, "drop schema if exists SCHEMA cascade", schema, 0);
    }

    static void fill(Connection connection, String schema, int tokens) throws SQLException {
        execute(connection, FILL, schema, tokens);
    }

    static void mix(Connection connection, String schema) throws SQLException {
        execute(connection, MIX, schema, 0);
    }

    /** Those that were filled in. */
    static void remove(Connection connection, String schema) throws SQLException {
        execute(connection, REMOVE, schema, 0);
    }

    static byte[] digest(int number) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(Integer.toString(number).getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static void execute(Connection connection, String statements, String schema, int tokens)
            throws SQLException {
        try (var statement = connection.createStatement()) {
            for (var sql : statements
                    .replace("SCHEMA", schema)
                    .replace("TOKENS", Integer.toString(tokens))
                    .split(";\n", -1)) {
                if (!sql.isBlank()) {
                    statement.execute(sql);
                }
            }
        }
    }
}
