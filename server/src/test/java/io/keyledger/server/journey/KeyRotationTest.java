package io.keyledger.server.journey;

import static io.keyledger.server.journey.People.createToken;
import static io.keyledger.server.journey.People.register;
import static io.keyledger.server.journey.People.signIn;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The master key is changed while servers answer; then the old one is taken away. */
class KeyRotationTest {

    private static final String NEW_KEY =
            Base64.getEncoder().encodeToString("abcdefghijklmnopqrstuvwxyz012345".getBytes(US_ASCII));

    /** People who are at work, on one node after the other: reads, changes, new accounts. */
    private static final class Load implements AutoCloseable {

        private final List<ServerProcess> nodes;
        private final Client administrator;
        private final Client person;
        private final String token;
        private final ConcurrentLinkedQueue<String> refused = new ConcurrentLinkedQueue<>();
        private final AtomicInteger rounds = new AtomicInteger();
        private final ExecutorService worker = Executors.newSingleThreadExecutor();
        private volatile boolean stopped;

        Load(List<ServerProcess> nodes) {
            this.nodes = nodes;
            var first = nodes.getFirst().client();
            administrator = signIn(first, ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
            var registered = register(administrator, first, "worker" + System.nanoTime());
            person = registered.session();
            token = createToken(person, "at work", "tokens:read").value();
            worker.execute(this::run);
        }

        private void run() {
            String cursor = "";
            while (!stopped) {
                var round = rounds.incrementAndGet();
                var node = nodes.get(round % nodes.size());
                check(200, person.at(node).get("/api/account"));
                check(
                        200,
                        person.at(node)
                                .send(
                                        "PATCH",
                                        "/api/account",
                                        "application/merge-patch+json",
                                        "{\"displayName\": \"Round " + round + "\"}"));
                check(200, node.client().token(token).get("/api/tokens/self"));
                check(201, administrator.at(node).post("/api/accounts", """
                    {"email": "%d-%d@example.org", "displayName": "New"}\
                    """.formatted(round, System.nanoTime())));
                var page = administrator.at(node).get("/api/accounts?limit=1" + cursor);
                check(200, page);
                var next = page.json().path("nextCursor").asString("");
                cursor = next.isEmpty() ? "" : "&cursor=" + next;
                check(200, administrator.at(node).get("/api/audit-events?limit=20"));
            }
        }

        private void check(int wanted, Answer answer) {
            if (answer.status() != wanted) {
                refused.add(answer.toString());
            }
        }

        void goOn(int more) {
            var until = rounds.get() + more;
            Awaitility.await().atMost(2, TimeUnit.MINUTES).until(() -> rounds.get() >= until);
            assertThat(refused).isEmpty();
        }

        @Override
        public void close() {
            stopped = true;
            worker.close();
            assertThat(refused).isEmpty();
        }
    }

    @Test
    void a_data_directorys_key_is_changed_under_load_and_the_new_one_alone_opens_all(@TempDir Path directory)
            throws Exception {
        var tool = ToolProcess.onDirectory(directory);
        String before;
        try (var server = ServerProcess.onDirectory(directory).start();
                var load = new Load(List.of(server))) {
            load.goOn(5);
            before = Files.readString(directory.resolve("master-key"));

            var rotated = tool.run("key", "rotate");

            assertThat(rotated.exitCode()).as("%s", rotated).isZero();
            assertThat(rotated.out()).contains("The master key is changed", "master-key.previous");
            assertThat(Files.readString(directory.resolve("master-key"))).isNotEqualTo(before);
            assertThat(Files.readString(directory.resolve("master-key.previous")))
                    .isEqualTo(before);
            load.goOn(5);
            assertThat(tool.run("account", "create", "after@example.org", "--name", "After")
                            .exitCode())
                    .isZero();
            load.goOn(5);
        }
        Files.delete(directory.resolve("master-key.previous"));
        try (var server = ServerProcess.onDirectory(directory).start()) {
            assertEverythingOpens(server);
        }
        Files.writeString(directory.resolve("master-key"), before);
        var refused = tool.run("account", "list");
        assertThat(refused.err()).contains("is not the key that this database was made with");
    }

    @Test
    void nodes_that_were_given_both_keys_go_on_while_the_key_is_changed() throws Exception {
        try (var database = TestDatabase.createEmpty()) {
            var url = TestDatabase.jdbcUrl(database);
            try (var replaced = ServerProcess.onDatabase(url).start();
                    var first = withBoth(ServerProcess.onDatabase(url)).start()) {
                // One has the old key alone: the database says that it is the one to seal by.
                try (var load = new Load(List.of(replaced, first))) {
                    load.goOn(4);
                }
                replaced.stop();
                try (var second = withBoth(ServerProcess.onDatabase(url)).start();
                        var load = new Load(List.of(first, second))) {
                    load.goOn(4);
                    var tool = ToolProcess.onDatabase(url)
                            .with("KEYLEDGER_MASTER_KEY", NEW_KEY)
                            .with("KEYLEDGER_PREVIOUSMASTERKEY", ServerProcess.MASTER_KEY);
                    var rotated = tool.run("key", "rotate", "--json");
                    assertThat(rotated.exitCode()).as("%s", rotated).isZero();
                    assertThat(rotated.json().path("resealed").asInt()).isPositive();
                    load.goOn(4);
                    assertThat(tool.run("key", "rotate").out()).contains("nothing to do");
                }
            }
            try (var server = ServerProcess.onDatabase(url)
                    .with("KEYLEDGER_MASTER_KEY", NEW_KEY)
                    .start()) {
                assertEverythingOpens(server);
            }
        }
    }

    private static ServerProcess.Setup withBoth(ServerProcess.Setup setup) {
        return setup.with("KEYLEDGER_MASTER_KEY", NEW_KEY)
                .with("KEYLEDGER_PREVIOUSMASTERKEY", ServerProcess.MASTER_KEY);
    }

    /** Names in the trail are personal texts, each under its account's key. */
    private static void assertEverythingOpens(ServerProcess server) {
        var administrator = signIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        var cursor = "";
        do {
            var page = administrator.get("/api/audit-events?limit=100" + cursor);
            assertThat(page.status()).as("%s", page).isEqualTo(200);
            assertThat(page.toString()).doesNotContain("\"erased\"");
            var next = page.json().path("nextCursor").asString("");
            cursor = next.isEmpty() ? "" : "&cursor=" + next;
        } while (!cursor.isEmpty());
    }
}
