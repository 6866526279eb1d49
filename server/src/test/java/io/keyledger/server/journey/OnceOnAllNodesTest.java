package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.keyledger.server.TestDatabase;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What is due by time happens once, though several nodes look for it at the same time: a limit by the policy, the notice
 * before the end with its mail, the end. Of webhooks, WebhookDeliveryTest; of expired tokens among nodes that take only
 * commands, RolesTest; of the record, RecordSequencerTest and CheckpointPlacesTest.
 */
class OnceOnAllNodesTest {

    private static final int TOKENS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** ExpiryRecorder's. */
    private static final long EXPIRY_LOCK = 7_266_001L;

    @Test
    void a_limit_a_notice_its_mail_and_an_end_happen_once() throws SQLException {
        var smtp = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        smtp.start();
        UnaryOperator<ServerProcess.Setup> mailing = setup -> setup.with("KEYLEDGER_POLICY_MAXLIFETIME", "30d")
                .with("SPRING_MAIL_HOST", "127.0.0.1")
                .with("SPRING_MAIL_PORT", Integer.toString(smtp.getSmtp().getPort()))
                .with("KEYLEDGER_PUBLIC_URL", "https://keyledger.example")
                .with("KEYLEDGER_MAIL_FROM", "keyledger@keyledger.example");
        try (var nodes = Nodes.start(1);
                var recorder = nodes.database().getConnection()) {
            var jdbc = nodes.jdbc();
            // As if a node was at it: what is over already is left for those that come.
            execute(recorder, "select pg_advisory_lock(" + EXPIRY_LOCK + ")");
            var owner = People.register(nodes.administrator(), nodes.node(0).client(), "owner");
            var endless = IntStream.range(0, TOKENS)
                    .mapToObj(i ->
                            People.createToken(owner.session(), "endless " + i).id())
                    .toList();
            var ending = IntStream.range(0, TOKENS)
                    .mapToObj(i -> create(owner.session(), "ending " + i, Duration.ofDays(6)))
                    .toList();
            var over = IntStream.range(0, TOKENS)
                    .mapToObj(i -> create(owner.session(), "over " + i, Duration.ofSeconds(10)))
                    .toList();
            jdbc.sql("update projection.token_value set issued_at = issued_at - interval '20 days'")
                    .update();
            nodes.stopServers();
            var url = TestDatabase.jdbcUrl(nodes.database());
            var more = IntStream.range(0, 2)
                    .mapToObj(_ -> mailing.apply(ServerProcess.onDatabase(url)).launch())
                    .toList();
            try {
                more.forEach(ServerProcess::awaitReady);
                assertThat(jdbc.sql("select count(*) from event.domain_event where payload_type = 'token.expired'")
                                .query(Long.class)
                                .single())
                        .isZero();
                execute(recorder, "select pg_advisory_unlock(" + EXPIRY_LOCK + ")");
                assertOnce(nodes, "token.expired", over);
                assertOnce(nodes, "token.expiry-changed", endless);
                assertOnce(nodes, "token.expiry-announced", ending);
                await().atMost(PATIENCE).until(() -> subjects(smtp, "ending").size() >= TOKENS);
            } finally {
                more.forEach(ServerProcess::close);
            }
            assertThat(subjects(smtp, "ending")).doesNotHaveDuplicates().hasSize(TOKENS);
            assertOnce(nodes, "token.expired", over);
        } finally {
            smtp.stop();
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String create(Client owner, String name, Duration lifetime) {
        var created = owner.post(
                "/api/tokens",
                "{\"name\": \"%s\", \"expiresAt\": \"%s\"}"
                        .formatted(name, Instant.now().plus(lifetime)));
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        return created.json().path("id").asString();
    }

    private static void assertOnce(Nodes nodes, String type, List<String> tokens) {
        var once = new TreeMap<String, Long>();
        tokens.forEach(token -> once.put(token, 1L));
        await().atMost(PATIENCE).untilAsserted(() -> {
            var counts = new TreeMap<String, Long>();
            nodes.jdbc()
                    .sql("""
                        select * from (
                            select convert_from(payload, 'UTF8')::jsonb ->> 'tokenId' as token, count(*)
                            from event.domain_event where payload_type = ? group by 1) as counts
                        where token = any (?)\
                        """)
                    .params(type, tokens.toArray(String[]::new))
                    .query((row, _) -> counts.put(row.getString(1), row.getLong(2)))
                    .list();
            assertThat(counts).as(type).isEqualTo(once);
        });
    }

    private static List<String> subjects(GreenMail smtp, String word) {
        return Arrays.stream(smtp.getReceivedMessages())
                .map(OnceOnAllNodesTest::subject)
                .filter(subject -> subject.contains(word))
                .toList();
    }

    private static String subject(MimeMessage message) {
        try {
            return message.getSubject();
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }
}
