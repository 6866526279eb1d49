package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Issued;
import io.keyledger.server.journey.Proxy.Mode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** While the database is away everybody is told so, soon; and when it is back, all goes on by itself. */
class DatabaseAwayTest {

    private HikariDataSource database;
    private Proxy proxy;
    private ServerProcess server;
    private Client client;

    @BeforeEach
    void start_without_the_database() throws IOException {
        database = TestDatabase.createEmpty();
        var url = URI.create(TestDatabase.jdbcUrl(database).substring("jdbc:".length()));
        proxy = new Proxy(url.getPort(), Mode.CUT);
        var port = freePort();
        client = new Client(URI.create("http://127.0.0.1:" + port));
        server = ServerProcess.onDatabase("jdbc:postgresql://127.0.0.1:%d%s".formatted(proxy.port(), url.getPath()))
                .with("SERVER_PORT", Integer.toString(port))
                .launch();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        proxy.close();
        database.close();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void it_is_waited_for_at_the_start_and_survived_later() throws Exception {
        await().ignoreExceptions()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(client.get("/actuator/health/liveness").status())
                                .isEqualTo(200));
        assertThat(client.get("/actuator/health/readiness").status()).isEqualTo(503);
        for (var answer : List.of(
                client.get("/api/tokens"),
                client.administrator().get("/api/account"),
                client.token("klt_000000000000000000000000000000000000").get("/api/tokens/self"),
                client.post("/api/session", "{\"email\": \"a@b.c\", \"password\": \"whatever it is\"}"))) {
            assertUnavailable(answer);
        }

        proxy.mode(Mode.OPEN);
        server.awaitReady();
        var owner = People.signIn(client, ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        var token = People.createToken(owner, "lasting", "tokens:read", "tokens:write");
        assertWorks(owner, token, "from the start");

        proxy.mode(Mode.CUT);
        assertAllUnavailable(owner, token, Duration.ofSeconds(8));
        assertThat(client.get("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(client.get("/actuator/health/readiness").status()).isEqualTo(503);
        proxy.mode(Mode.OPEN);
        assertWorks(owner, token, "after the cut");

        assertAnsweredThroughCuts(owner, token);
        assertWorks(owner, token, "after many cuts");

        proxy.mode(Mode.HANGING);
        for (var round = 0; round < 3; round++) {
            assertAllUnavailable(owner, token, Duration.ofSeconds(14));
        }
        proxy.mode(Mode.OPEN);
        assertWorks(owner, token, "after it hung");

        proxy.loseConnections();
        assertWorks(owner, token, "after connections were lost without a word");
        assertThat(server.output()).doesNotContain("internal_error", "Unexpected failure");
    }

    /** Requests that are under way when connections end are told so, too; what was acknowledged is there. */
    private void assertAnsweredThroughCuts(Client owner, Issued token) throws Exception {
        var answers = new ConcurrentLinkedQueue<Answer>();
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var i = 0; i < 6; i++) {
                var number = i;
                threads.execute(() -> {
                    for (var j = 0; !over.get(); j++) {
                        answers.add(
                                number % 2 == 0
                                        ? People.tryCreateToken(owner, "cut %d %d".formatted(number, j))
                                        : client.token(token.value()).get("/api/tokens/self"));
                    }
                });
            }
            try {
                for (var cut = 0; cut < 6; cut++) {
                    awaitOneMore(answers, 201);
                    awaitOneMore(answers, 201);
                    proxy.mode(Mode.CUT);
                    awaitOneMore(answers, 503);
                    proxy.mode(Mode.OPEN);
                }
                awaitOneMore(answers, 201);
            } finally {
                over.set(true);
            }
        }
        for (var answer : answers) {
            switch (answer.status()) {
                case 200 -> assertThat(answer.json().path("id").asString()).isEqualTo(token.id());
                case 201 ->
                    assertThat(client.token(People.issued(answer).value())
                                    .get("/api/permissions")
                                    .status())
                            .as("%s", answer)
                            .isEqualTo(200);
                default -> assertUnavailable(answer);
            }
        }
    }

    private static void awaitOneMore(Collection<Answer> answers, int status) {
        var before =
                answers.stream().filter(answer -> answer.status() == status).count();
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(20))
                .until(() -> answers.stream()
                                .filter(answer -> answer.status() == status)
                                .count()
                        > before);
    }

    /** Each within its time; authentication by token within two seconds, whatever the others wait for. */
    private void assertAllUnavailable(Client owner, Issued token, Duration patience) throws Exception {
        var requests = new ArrayList<Callable<Timed>>();
        for (var i = 0; i < 5; i++) {
            requests.add(() -> timed(() -> client.token(token.value()).get("/api/tokens/self"), Duration.ofSeconds(2)));
        }
        requests.add(() -> timed(() -> owner.get("/api/account"), patience));
        requests.add(() -> timed(() -> People.tryCreateToken(owner, "never"), patience));
        requests.add(() -> timed(() -> client.administrator().get("/api/account"), patience));
        requests.add(() -> timed(
                () -> People.trySignIn(client, ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD), patience));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var future : threads.invokeAll(requests)) {
                var timed = future.get();
                assertUnavailable(timed.answer());
                assertThat(timed.took()).as("%s", timed.answer()).isLessThan(timed.patience());
            }
        }
    }

    private record Timed(Answer answer, Duration took, Duration patience) {}

    private static Timed timed(Callable<Answer> request, Duration patience) throws Exception {
        var asked = System.nanoTime();
        var answer = request.call();
        return new Timed(answer, Duration.ofNanos(System.nanoTime() - asked), patience);
    }

    private static void assertUnavailable(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(503);
        assertThat(answer.header("Retry-After")).as("%s", answer).matches("[1-9][0-9]*");
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    }

    /** By itself: commands, authentication, sessions, and the projections. */
    private void assertWorks(Client owner, Issued token, String when) {
        await().alias(when).atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(client.token(token.value())
                            .after(token.created())
                            .get("/api/tokens/self")
                            .status())
                    .isEqualTo(200);
            assertThat(client.get("/actuator/health/readiness").status()).isEqualTo(200);
            var changed = owner.patch("/api/tokens/" + token.id(), "{\"description\": \"%s\"}".formatted(when));
            assertThat(changed.status()).as("%s", changed).isEqualTo(200);
            assertThat(owner.after(changed).get("/api/tokens/" + token.id()).status())
                    .isEqualTo(200);
            assertThat(owner.after(changed).get("/api/audit-events").status()).isEqualTo(200);
            assertThat(client.administrator().get("/api/account").status()).isEqualTo(200);
        });
    }
}
