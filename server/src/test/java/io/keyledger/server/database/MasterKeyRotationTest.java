package io.keyledger.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.RecordVerification;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.database.MasterKeyRotation.NotRotated;
import io.keyledger.server.database.MasterKeyRotation.Outcome;
import io.keyledger.server.settings.ConfigurationMistake;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class MasterKeyRotationTest {

    private static final int ACCOUNTS = 1_200; // more than are done at once

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final JdbcTemplate template = new JdbcTemplate(database);
    private final MasterKey old = key(1);
    private final MasterKey young = key(2);
    private final MasterKeys both = MasterKeys.of(young, old);

    @AfterEach
    void close() {
        database.close();
    }

    private static MasterKey key(int filling) {
        var bytes = new byte[32];
        java.util.Arrays.fill(bytes, (byte) filling);
        return MasterKey.of(Base64.getEncoder().encodeToString(bytes));
    }

    private static final class Quiet implements MasterKeyRotation.Progress {

        private final int stopAfter;
        private int calls;
        long total;

        Quiet(int stopAfter) {
            this.stopAfter = stopAfter;
        }

        @Override
        public void begin(long total) {
            this.total = total;
        }

        @Override
        public void advance(long values) throws InterruptedException {
            if (++calls == stopAfter) {
                throw new InterruptedException();
            }
        }
    }

    private MasterKeyRotation rotation() {
        return new MasterKeyRotation(database, both, null);
    }

    private Outcome rotate() throws InterruptedException {
        return rotation().run(new Quiet(-1));
    }

    private JdbcPersonalDataKeys dataKeys(MasterKeys keys) {
        return new JdbcPersonalDataKeys(template, keys.keeping(Sealed.DATA_KEYS, template));
    }

    private String[] accounts(int count) {
        MasterKeys.of(old, null).claim(jdbc);
        var keys = dataKeys(MasterKeys.of(old, null));
        var ids = new String[count];
        for (var i = 0; i < count; i++) {
            ids[i] = "acc_" + i;
            keys.create(ids[i]);
        }
        return ids;
    }

    private void assertOpensByTheNewKeyAlone(String... accounts) {
        var keyring = new JdbcPersonalDataKeys(template, young).of(List.of(accounts));
        for (var account : accounts) {
            assertThat(keyring.open(account, "context", keyring.seal(account, "context", "text")))
                    .isEqualTo("text");
        }
    }

    @Test
    void all_that_is_sealed_is_sealed_by_the_new_key() throws Exception {
        var accounts = accounts(ACCOUNTS);
        var webhooks = MasterKeys.aead(old, Sealed.WEBHOOKS);
        jdbc.sql("""
            insert into state.webhook (webhook_id, account_id, url, secret, types, enabled, version, created_at)
            values ('whk_1', 'acc_1', ?, ?, '{}', true, 0, now())\
            """)
                .param(webhooks.encrypt("https://example.org".getBytes(UTF_8), "whk_1 url".getBytes(UTF_8)))
                .param(webhooks.encrypt("secret".getBytes(UTF_8), "whk_1 secret".getBytes(UTF_8)))
                .update();
        jdbc.sql("insert into state.data_key (account_id, wrapped) values ('acc_erased', null)")
                .update();
        jdbc.sql("insert into state.log_key (single, origin, public_key, private_key) values (true, 'log', '', ?)")
                .param(MasterKeys.aead(old, Sealed.RECORD).encrypt("seed".getBytes(UTF_8), "log".getBytes(UTF_8)))
                .update();

        var progress = new Quiet(-1);
        var outcome = rotation().run(progress);

        assertThat(progress.total).isEqualTo(ACCOUNTS + 3);
        assertThat(outcome).isEqualTo(new Outcome(true, ACCOUNTS + 3));
        assertOpensByTheNewKeyAlone(accounts);
        var renewed = MasterKeys.aead(young, Sealed.WEBHOOKS);
        var row = template.queryForMap("select url, secret from state.webhook");
        assertThat(renewed.decrypt((byte[]) row.get("url"), "whk_1 url".getBytes(UTF_8)))
                .asString()
                .isEqualTo("https://example.org");
        assertThat(renewed.decrypt((byte[]) row.get("secret"), "whk_1 secret".getBytes(UTF_8)))
                .asString()
                .isEqualTo("secret");
        assertThat(MasterKeys.aead(young, Sealed.RECORD)
                        .decrypt(
                                template.queryForObject("select private_key from state.log_key", byte[].class),
                                "log".getBytes(UTF_8)))
                .asString()
                .isEqualTo("seed");
        MasterKeys.of(young, null).require(jdbc);
        assertThatThrownBy(() -> MasterKeys.of(old, null).require(jdbc)).isInstanceOf(ConfigurationMistake.class);
        assertThat(rotate()).isEqualTo(new Outcome(false, 0));
    }

    @Test
    void one_that_was_stopped_goes_on_and_needs_both_keys_until_then() throws Exception {
        var accounts = accounts(ACCOUNTS);

        assertThatThrownBy(() -> rotation().run(new Quiet(2))).isInstanceOf(InterruptedException.class);

        assertThatThrownBy(() -> MasterKeys.of(young, null).require(jdbc))
                .isInstanceOf(ConfigurationMistake.class)
                .hasMessageContaining("KEYLEDGER_PREVIOUSMASTERKEY");
        dataKeys(both).create("acc_between");
        assertThat(rotate()).isEqualTo(new Outcome(true, ACCOUNTS - 1_000));
        assertOpensByTheNewKeyAlone(accounts);
        assertOpensByTheNewKeyAlone("acc_between");
    }

    @Test
    void a_node_with_both_keys_seals_by_the_databases_one() throws Exception {
        accounts(1);
        var node = dataKeys(both);
        node.create("acc_before");
        var oldOnly = new JdbcPersonalDataKeys(template, old).of(List.of("acc_before"));
        assertThat(oldOnly.seal("acc_before", "context", "text")).isNotNull();

        rotate();

        node.create("acc_after");
        assertOpensByTheNewKeyAlone("acc_0", "acc_before", "acc_after");
    }

    @Test
    void an_account_that_is_being_made_meanwhile_is_not_left_behind() throws Exception {
        accounts(1);
        var transaction = new TransactionTemplate(new DataSourceTransactionManager(database));
        var rotation = new CompletableFuture<Outcome>();
        transaction.executeWithoutResult(_ -> {
            dataKeys(both).create("acc_slow");
            Thread.ofPlatform().start(() -> {
                try {
                    rotation.complete(rotate());
                } catch (Exception e) {
                    rotation.completeExceptionally(e);
                }
            });
            awaitWaiter();
        });

        assertThat(rotation.get()).isEqualTo(new Outcome(true, 2));
        assertOpensByTheNewKeyAlone("acc_0", "acc_slow");
    }

    /** Each signature seals the record's key again, with what it signed last. */
    @Test
    void checkpoints_are_signed_before_during_and_after_it() throws Exception {
        accounts(ACCOUNTS);
        var log = new TestLog(database);
        var transactions = new DataSourceTransactionManager(database);
        var keys = new RecordKeys(jdbc, both.keeping(Sealed.RECORD, template));
        var checkpoints = new Checkpoints(database, keys, new RecordSequencer(database, transactions), transactions);
        log.append("before");
        checkpoints.signNow();

        assertThatThrownBy(() -> rotation().run(new Quiet(2))).isInstanceOf(InterruptedException.class);
        log.append("during");
        checkpoints.signNow();
        rotate();
        log.append("after");
        checkpoints.signNow();

        var afterwards = new RecordKeys(jdbc, MasterKeys.aead(young, Sealed.RECORD));
        var outcome = new RecordVerification(database, afterwards, 1)
                .verify(keys.verifier().orElseThrow(), List.of(), (_, _) -> {});
        assertThat(outcome.findings()).isEmpty();
        assertThat(outcome.signedUpTo()).isEqualTo(3);
    }

    private void awaitWaiter() {
        org.awaitility.Awaitility.await().until(() -> {
            try (var connection = database.getConnection();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("""
                        select exists (select from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock')\
                        """)) {
                return rows.next() && rows.getBoolean(1);
            }
        });
    }

    @Test
    void a_value_that_opens_under_neither_key_is_named_and_nothing_is_lost() throws Exception {
        accounts(3);
        jdbc.sql("update state.data_key set wrapped = '\\x00'::bytea where account_id = 'acc_1'")
                .update();

        assertThatThrownBy(this::rotate).isInstanceOf(NotRotated.class).hasMessageContaining("acc_1");

        jdbc.sql("delete from state.data_key where account_id = 'acc_1'").update();
        assertThat(rotate().rotated()).isTrue();
        assertOpensByTheNewKeyAlone("acc_0", "acc_2");
    }

    @Test
    void two_at_once_are_one_and_a_refusal() throws Exception {
        accounts(1);
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("select pg_advisory_lock(hashtext('keyledger.master-key-rotation'))");
            assertThatThrownBy(this::rotate).isInstanceOf(NotRotated.class).hasMessageContaining("another command");
            statement.execute("select pg_advisory_unlock(hashtext('keyledger.master-key-rotation'))");
        }
        assertThat(rotate().rotated()).isTrue();
    }

    /** A column that a rotation forgets would be lost with the old key. */
    @Test
    void every_column_that_is_sealed_is_listed() {
        assertThat(jdbc.sql("""
            select table_schema || '.' || table_name || '.' || column_name from information_schema.columns
            where table_schema = 'state' and data_type = 'bytea' order by 1\
            """).query(String.class).list())
                .as("either in Sealed.ALL, or no secret: then here")
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                Sealed.ALL.stream().map(column -> column.table() + "." + column.column()),
                                Stream.of(
                                        "state.familiar_client.client",
                                        "state.log_key.public_key",
                                        "state.spring_session_attributes.attribute_bytes",
                                        "state.throttle.key_digest",
                                        "state.throttle.state",
                                        "state.token_entry.token",
                                        "state.token_use_address.address_digest",
                                        "state.webhook_delivery.body"))
                        .toList());
    }
}
