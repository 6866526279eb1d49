package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with its own database that is killed comes up again by itself, with all that it had acknowledged. */
class CrashTest {

    private static final int WRITERS = 4;
    private static final int ACKNOWLEDGED = 60;

    @TempDir
    Path directory;

    /** What the server had said yes to before it died. */
    private final Queue<Issued> created = new ConcurrentLinkedQueue<>();

    private final Queue<Issued> revoked = new ConcurrentLinkedQueue<>();

    /** Asked for, but who knows. */
    private final Queue<Issued> maybeRevoked = new ConcurrentLinkedQueue<>();

    @Test
    void all_that_was_acknowledged_is_there_once_after_kills_of_the_server_and_of_its_database() throws Exception {
        var server = ServerProcess.onDirectory(directory).start();
        try {
            var administrator = People.signIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
            var person = People.register(administrator, server.client(), "owner");
            assertSecondServerRefused();

            for (var kill = 0; kill < 2; kill++) {
                writeUntilKilled(server, person.session().at(server), "life " + kill, ACKNOWLEDGED * (kill + 1));
                server = ServerProcess.onDirectory(directory).start();
                // The session has outlived the server.
                assertAcknowledged(server, person.session().at(server));
            }
            surviveKillOfDatabase(server, person.session().at(server));
            assertAcknowledged(server, person.session().at(server));
        } finally {
            server.close();
        }
        assertThat(server.output()).doesNotContain("ERROR");
    }

    private void assertSecondServerRefused() {
        try (var second = ServerProcess.onDirectory(directory).launch()) {
            assertThat(second.exited(Duration.ofSeconds(60))).isTrue();
            assertThat(second.exitCode()).isNotZero();
            assertThat(second.output())
                    .contains(directory.toString(), "stop that one first")
                    .doesNotContain("\tat ", "Exception");
        }
    }

    private void writeUntilKilled(ServerProcess server, Client owner, String name, int enough) throws Exception {
        var dead = new AtomicBoolean();
        try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var writer = 0; writer < WRITERS; writer++) {
                var number = writer;
                writers.execute(() -> {
                    for (var i = 0; !dead.get(); i++) {
                        try {
                            write(owner, "%s, writer %d, token %d".formatted(name, number, i), i % 2 == 0);
                        } catch (java.io.UncheckedIOException connectionLost) {
                            return;
                        }
                    }
                });
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> created.size() >= enough);
            server.kill();
            dead.set(true);
        }
        assertThat(revoked).isNotEmpty();
    }

    private void write(Client owner, String name, boolean revoke) {
        var token = People.createToken(owner, name);
        if (revoke) {
            maybeRevoked.add(token);
        }
        created.add(token);
        if (revoke) {
            assertThat(owner.delete("/api/tokens/" + token.id()).status()).isEqualTo(204);
            revoked.add(token);
        }
    }

    private void assertAcknowledged(ServerProcess server, Client owner) {
        var trail = trail(owner);
        assertThat(trail.stream().map(entry -> entry.get("id"))).doesNotHaveDuplicates();
        Map<String, List<String>> byToken = new HashMap<>();
        trail.forEach(entry -> byToken.computeIfAbsent(entry.get("target"), _ -> new ArrayList<>())
                .add(entry.get("type")));
        for (var token : created) {
            // Being used here is no change of theirs.
            byToken.getOrDefault(token.id(), new ArrayList<>()).remove("token.first-used");
            var events = byToken.getOrDefault(token.id(), List.of());
            var status =
                    server.client().token(token.value()).get("/api/permissions").status();
            if (revoked.contains(token)) {
                assertThat(status).isEqualTo(401);
                assertThat(events).containsExactlyInAnyOrder("token.created", "token.revoked");
            } else if (maybeRevoked.contains(token)) {
                // Either has happened altogether, or not at all.
                assertThat(events.contains("token.revoked")).isEqualTo(status == 401);
            } else {
                assertThat(status).isEqualTo(200);
                assertThat(events).containsExactly("token.created");
            }
        }
    }

    private static List<Map<String, String>> trail(Client owner) {
        var entries = new ArrayList<Map<String, String>>();
        var cursor = "";
        do {
            var page = owner.get("/api/audit-events?limit=100" + cursor);
            assertThat(page.status()).as("%s", page).isEqualTo(200);
            page.json()
                    .path("items")
                    .forEach(item -> entries.add(Map.of(
                            "id", item.path("id").asString(),
                            "type", item.path("type").asString(),
                            "target", item.path("target").path("id").asString())));
            cursor = page.json().path("nextCursor").isNull()
                    ? ""
                    : "&cursor=" + page.json().path("nextCursor").asString();
        } while (!cursor.isEmpty());
        return entries;
    }

    private void surviveKillOfDatabase(ServerProcess server, Client owner) throws IOException {
        var good = People.createToken(owner, "before the database dies");
        created.add(good);
        var killed = databaseProcess();
        kill(killed);

        var answers = new ArrayList<Answer>();
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(40))
                .until(() -> {
                    var round = List.of(
                            server.client().token(good.value()).get("/api/permissions"),
                            owner.get("/api/account"),
                            People.tryCreateToken(owner, "while the database is dead " + answers.size()));
                    answers.addAll(round);
                    // It may be back so soon that nobody was refused.
                    return round.stream().allMatch(answer -> answer.status() < 300)
                            && databaseProcess().pid() != killed.pid();
                });
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).as("%s", answer).isIn(200, 201, 503);
            if (answer.status() == 503) {
                assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
                assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
            }
        });
        var after = People.createToken(owner, "after the database died");
        created.add(after);
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(owner.after(after.created())
                                .get("/api/audit-events?tokenId=" + after.id())
                                .json()
                                .path("items")
                                .size())
                        .isEqualTo(1));
    }

    private ProcessHandle databaseProcess() throws IOException {
        try (var files = Files.walk(directory)) {
            var file = files.filter(path -> path.endsWith("postmaster.pid"))
                    .findFirst()
                    .orElseThrow();
            var pid = Files.readAllLines(file).getFirst().strip();
            return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
        }
    }

    private static void kill(ProcessHandle process) {
        assertThat(process.destroyForcibly()).isTrue();
        process.onExit().join();
    }
}
