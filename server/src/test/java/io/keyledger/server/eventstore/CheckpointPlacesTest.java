package io.keyledger.server.eventstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.subtle.AesGcmJce;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.CheckpointPlaces;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.RecordVerification;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.SigningKey;
import io.keyledger.server.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** Checkpoints are signed in time, and reach the places outside. */
class CheckpointPlacesTest {

    @TempDir
    Path directory;

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final RecordSequencer sequencer = new RecordSequencer(database, new DataSourceTransactionManager(database));
    private final RecordKeys keys = keys((byte) 0);
    private final Checkpoints checkpoints = checkpoints(keys);
    private final List<String> received = Collections.synchronizedList(new ArrayList<>());
    private volatile int status = 204;
    private @Nullable HttpServer server;

    private RecordKeys keys(byte master) {
        try {
            var key = new byte[32];
            key[0] = master;
            return new RecordKeys(JdbcClient.create(database), new AesGcmJce(key));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Checkpoints checkpoints(RecordKeys keys) {
        return new Checkpoints(database, keys, sequencer, new DataSourceTransactionManager(database));
    }

    @BeforeEach
    void start() throws IOException {
        var listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        listening.createContext("/", exchange -> {
            assertThat(exchange.getRequestHeaders().getFirst("Content-Type")).isEqualTo("text/plain; charset=utf-8");
            received.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        listening.start();
        server = listening;
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.stop(0);
        }
        database.close();
    }

    private CheckpointPlaces places(@Nullable Path file, @Nullable URI url) {
        return new CheckpointPlaces(file, url, checkpoints, database, new DataSourceTransactionManager(database));
    }

    private URI url() {
        return server == null
                ? URI.create("")
                : URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/secret");
    }

    private SignedNote sign(int events) throws SQLException, InterruptedException {
        append(events);
        return checkpoints.signNow();
    }

    private void append(int events) throws SQLException {
        try (var writer = new EventWriter(database)) {
            writer.append(events);
            writer.commit();
        }
    }

    @Test
    void one_is_signed_for_the_first_event_and_then_every_minute_with_new_events() throws Exception {
        checkpoints.signDue();
        assertThat(checkpoints.newest()).isEmpty();

        append(2);
        sequencer.sequence();
        checkpoints.signDue();
        assertThat(sizes()).containsExactly(2L);

        append(1);
        sequencer.sequence();
        checkpoints.signDue();
        assertThat(sizes()).containsExactly(2L);

        aMinutePasses();
        checkpoints.signDue();
        assertThat(sizes()).containsExactly(2L, 3L);

        aMinutePasses();
        checkpoints.signDue();
        assertThat(sizes()).containsExactly(2L, 3L);
    }

    private List<Long> sizes() {
        return sql.queryForList("select size from event.checkpoint order by size", Long.class);
    }

    private void aMinutePasses() {
        sql.execute("alter table event.checkpoint disable trigger all");
        sql.execute("update event.checkpoint set created_at = created_at - interval '56 seconds'");
        sql.execute("alter table event.checkpoint enable trigger all");
    }

    @Test
    void every_node_signs_with_the_same_key_and_none_with_another_master_key() throws Exception {
        var first = sign(1);
        var second = checkpoints(keys((byte) 0));
        append(1);
        var key = keys.verifier().orElseThrow();
        assertThat(first.check(key)).isEqualTo(SignedNote.Check.SIGNED);
        assertThat(second.signNow().check(key)).isEqualTo(SignedNote.Check.SIGNED);

        append(1);
        assertThatThrownBy(() -> checkpoints(keys((byte) 1)).signNow())
                .hasMessageContaining("it was sealed with another master key");
    }

    @Test
    void nodes_that_sign_at_once_remember_the_newest_one() throws Exception {
        try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (var node = 0; node < 4; node++) {
                var own = checkpoints(keys((byte) 0));
                running.add(nodes.submit(() -> {
                    for (var i = 0; i < 10; i++) {
                        append(1);
                        own.signNow();
                    }
                    return null;
                }));
            }
            for (var one : running) {
                one.get();
            }
        }
        assertThat(sizes()).endsWith(40L);
        assertThat(new RecordVerification(database, keys, 2)
                        .verify(keys.verifier().orElseThrow(), List.of(), (_, _) -> {})
                        .findings())
                .isEmpty();
        change("delete from event.checkpoint");
        assertThat(Checkpoint.parse(checkpoints.signNow().text()).size()).isEqualTo(40);
        change("delete from event.domain_event where global_index = 40");
        change("delete from event.leaf where index = 39");
        assertThatThrownBy(checkpoints::signNow).hasMessageContaining("its checkpoint of size 40");
    }

    @Test
    void a_tree_that_is_smaller_than_its_newest_checkpoint_is_refused_again_and_again() throws Exception {
        sign(3);
        change("delete from event.leaf where index = 2");
        aMinutePasses();

        for (var i = 0; i < 2; i++) {
            assertThatThrownBy(checkpoints::signDue).hasMessageContaining("its checkpoint of size 3");
        }
    }

    @Test
    void the_time_since_an_event_that_no_checkpoint_covers_is_known() throws Exception {
        assertThat(checkpoints.unsignedAge()).isZero();
        append(2);
        sql.execute("alter table event.domain_event disable trigger all");
        sql.execute("update event.domain_event set occurred_at = now() - global_index * interval '1 hour'");
        assertThat(checkpoints.unsignedAge()).isBetween(Duration.ofHours(1), Duration.ofMinutes(90));

        checkpoints.signNow();
        assertThat(checkpoints.unsignedAge()).isZero();
        append(1);
        sequencer.sequence();
        assertThat(checkpoints.unsignedAge()).isBetween(Duration.ofMillis(0), Duration.ofMinutes(2));
        sql.execute("update event.domain_event set occurred_at = now() - interval '5 hours' where global_index = 3");
        assertThat(checkpoints.unsignedAge()).isBetween(Duration.ofHours(5), Duration.ofMinutes(330));
    }

    @Test
    void no_new_key_signs_what_the_old_one_signed_before() throws Exception {
        sign(1);
        sql.execute("delete from state.log_key");

        append(1);
        assertThatThrownBy(checkpoints::signNow).hasMessageContaining("newest checkpoint is not signed by its key");
        assertThat(sizes()).containsExactly(1L);
    }

    @Test
    void the_file_gets_every_checkpoint_once() throws Exception {
        var file = directory.resolve("checkpoints.txt");
        var places = places(file, null);
        places.write();
        assertThat(file).doesNotExist();

        var one = sign(1);
        var two = sign(1);
        places.write();
        places.write();
        var three = sign(1);
        places.write();
        // As after a restart.
        places(file, null).write();

        assertThat(file).hasContent(one + "\n" + two + "\n" + three + "\n");
        assertThat(SignedNote.parseAll(Files.readString(file))).isEqualTo(List.of(one, two, three));
    }

    @Test
    void a_log_that_ends_before_its_last_checkpoint_in_the_file_authenticates_nobody() throws Exception {
        var file = directory.resolve("checkpoints.txt");
        sign(3);
        var ahead = sign(2);
        var places = places(file, null);
        places.write();
        assertThat(isClosed()).isFalse();
        var published = Files.readString(file);

        putBackAnOlderState();
        sign(1);
        places.write();

        assertThat(isClosed()).isTrue();
        assertThat(places.lost()).contains(Checkpoint.parse(ahead.text()));
        assertThat(file).hasContent(published);

        // Grown beyond it, it is another log all the same; found at the start, too.
        sql.execute("delete from state.restore");
        sign(5);
        assertThat(places(file, null).refuseAnOlderState()).isTrue();
        assertThat(isClosed()).isTrue();
        assertThat(file).hasContent(published);
    }

    private boolean isClosed() {
        return Boolean.TRUE.equals(sql.queryForObject("select exists (select from state.restore)", Boolean.class));
    }

    private void putBackAnOlderState() throws SQLException {
        change("truncate event.domain_event, event.leaf, event.checkpoint");
        keys.forgetLast();
    }

    private void change(String change) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            statement.execute(change);
            statement.execute("reset session_replication_role");
        }
    }

    @Test
    void a_log_that_lacks_hashes_before_its_last_checkpoint_in_the_file_authenticates_nobody() throws Exception {
        var file = directory.resolve("checkpoints.txt");
        sign(3);
        places(file, null).write();
        sql.execute("alter table event.leaf disable trigger all");
        sql.execute("delete from event.leaf where index = 1");

        assertThat(places(file, null).refuseAnOlderState()).isTrue();
    }

    /** A file of another log, or one that somebody has written into: nobody can close a database from there. */
    @Test
    void what_the_log_has_not_signed_says_nothing_about_it() throws Exception {
        var file = directory.resolve("checkpoints.txt");
        var one = sign(1);
        var text = Checkpoint.parse(one.text());
        var forged = new SignedNote(new Checkpoint(text.origin(), 5, text.root()).text(), one.signatures());
        Files.writeString(file, forged + "\n");
        assertThat(places(file, null).refuseAnOlderState()).isFalse();

        var foreign = SignedNote.sign(
                new Checkpoint("keyledger/other", 5, text.root()).text(), SigningKey.generate("keyledger/other"));
        Files.writeString(file, foreign + "\n");
        places(file, null).write();
        assertThat(isClosed()).isFalse();
        assertThat(file).hasContent(foreign + "\n" + one + "\n");
    }

    @Test
    void a_log_that_goes_on_under_another_name_goes_on_in_the_file() throws Exception {
        var file = directory.resolve("checkpoints.txt");
        var former = sign(5);
        var places = places(file, null);
        places.write();
        putBackAnOlderState();
        sql.execute("delete from state.log_key");

        var one = sign(1);
        places.write();
        var two = sign(1);
        places.write();

        assertThat(isClosed()).isFalse();
        assertThat(file).hasContent(former + "\n" + one + "\n" + two + "\n");
    }

    @Test
    void the_address_gets_every_checkpoint_once() throws Exception {
        var one = sign(1);
        var two = sign(1);
        places(null, url()).post();
        places(null, url()).post();
        var three = sign(1);
        places(null, url()).post();

        assertThat(received).containsExactly(one.toString(), two.toString(), three.toString());
        assertThat(sql.queryForObject("select string_agg(t::text, ' ') from state.checkpoint_place t", String.class))
                .doesNotContain("secret");
    }

    @Test
    void an_address_that_was_away_gets_what_it_missed() throws Exception {
        var places = places(null, url());
        sign(1);
        places.post();
        status = 503;
        var two = sign(1);
        var three = sign(1);
        places.post();
        places.post();
        assertThat(received).hasSize(3).endsWith(two.toString(), two.toString());

        status = 200;
        places.post();
        assertThat(received).hasSize(5).endsWith(two.toString(), three.toString());
        assertThat(Checkpoint.parse(three.text()).size()).isEqualTo(3);
    }

    @Test
    void nothing_is_written_or_sent_where_no_place_is_set() throws Exception {
        sign(1);
        places(null, null).write();
        places(null, null).post();

        assertThat(received).isEmpty();
    }
}
