package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.People.Issued;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import tools.jackson.databind.JsonNode;

/** The disk is full: in the middle of a rebuild, or when something is to be changed. */
class FullDiskTest {

    private static final int TOKENS = 60;

    @TempDir
    private Path directory;

    /** By triggers: on a full disk it is a matter of luck which of the tables finds room. */
    @Test
    void a_change_that_finds_no_room_for_event_and_session_is_answered_and_told_in_a_line() {
        try (var nodes = Nodes.start(1)) {
            var administrator = nodes.administrator();
            nodes.jdbc().sql("""
                create function public.no_room() returns trigger language plpgsql as
                    $$ begin raise disk_full using message = 'No space left on device'; end $$;
                create trigger no_room before insert on event.domain_event execute function public.no_room();
                create trigger no_room before update on state.spring_session execute function public.no_room();
                """).update();
            for (var answer : List.of(
                    People.tryCreateToken(administrator, "no room", "tokens:read"),
                    administrator.get("/api/tokens/tok_nope"),
                    administrator.header("Accept", "text/html").get("/settings/tokens/tok_nope"))) {
                assertThat(answer.status()).as("%s", answer).isEqualTo(503);
                assertThat(answer.header("Retry-After")).as("%s", answer).isNotEmpty();
            }
            assertThat(nodes.node(0).output())
                    .contains("The database does not answer: Events could not be appended: ERROR: No space left on"
                            + " device")
                    .doesNotContain("@ExceptionHandler", "Unexpected failure", "reuse aggregate");
        }
    }

    /** It ends, and nothing else does. With room, the next one succeeds. */
    @Test
    void a_rebuild_that_finds_no_room_leaves_everything_as_it_was() throws Exception {
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64k", "keyledger", directory.toString()),
                "only root may mount a small disk: what a rebuild does on a full one is not tested");
        try {
            withNodes();
        } finally {
            run("umount", "--lazy", directory.toString());
        }
    }

    private void withNodes() throws Exception {
        var nodes = Nodes.start(1);
        var server = new DriverManagerDataSource(
                TestDatabase.jdbcUrl(nodes.database()).replaceFirst("/test\\d+", "/postgres"));
        try (nodes) {
            JdbcClient.create(server)
                    .sql("create tablespace small location '%s'".formatted(directory))
                    .update();
            rebuild(nodes);
        } finally {
            // What PostgreSQL cannot write back any more would trouble the tests after this one.
            var postgres = JdbcClient.create(server);
            postgres.sql("drop database if exists %s with (force)"
                            .formatted(TestDatabase.jdbcUrl(nodes.database()).replaceFirst(".*/(test\\d+).*", "$1")))
                    .update();
            postgres.sql("drop tablespace if exists small").update();
        }
    }

    private void rebuild(Nodes nodes) throws Exception {
        var node = nodes.node(0);
        var administrator = nodes.administrator();
        var person = People.register(administrator, node.client(), "somebody");
        var tokens = new ArrayList<Issued>();
        for (var i = 0; i < TOKENS; i++) {
            tokens.add(People.createToken(person.session(), "token " + i, "tokens:read"));
        }
        var revoked = tokens.removeFirst();
        var answer = person.session().delete("/api/tokens/" + revoked.id());
        assertThat(answer.status()).isEqualTo(204);
        assertThat(administrator.after(answer).get("/api/audit-events").status())
                .isEqualTo(200);
        // Where the tables go that are made from now on.
        nodes.jdbc()
                .sql("alter database %s set default_tablespace = small"
                        .formatted(TestDatabase.jdbcUrl(nodes.database()).replaceFirst(".*/(test\\d+).*", "$1")))
                .update();

        for (var name : List.of("lookup", "audit")) {
            var failed = rebuilt(administrator, name, () -> {
                assertThat(People.status(node, tokens.getLast().value())).isEqualTo(200);
                assertThat(People.status(node, revoked.value())).isEqualTo(401);
            });

            assertThat(failed.path("state").asString()).as("%s", failed).isEqualTo("failed");
            assertThat(failed.path("error").asString())
                    .contains(
                            "the live ones are as they were. Make room, and rebuild again.", "No space left on device");
            assertThat(nodes.jdbc()
                            .sql("select count(*) from pg_class where relnamespace = 'shadow'::regnamespace")
                            .query(Long.class)
                            .single())
                    .isZero();
            assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(200);
        }

        assertThat(run("mount", "-o", "remount,size=32m", directory.toString())).isTrue();

        for (var name : List.of("lookup", "audit")) {
            var succeeded = rebuilt(
                    administrator,
                    name,
                    () -> assertThat(People.status(node, tokens.getLast().value()))
                            .isEqualTo(200));
            assertThat(succeeded.path("state").asString()).as("%s", succeeded).isEqualTo("succeeded");
            // Nothing was lost of the tables that had stayed.
            assertThat(succeeded.path("differences").asLong(-1)).isZero();
        }
        var created = People.createToken(person.session(), "after all that", "tokens:read");
        assertThat(People.status(node, created.value())).isEqualTo(200);
        assertThat(People.status(node, revoked.value())).isEqualTo(401);
    }

    /** @param meanwhile what is the case all the time */
    private static JsonNode rebuilt(Client administrator, String name, Runnable meanwhile) {
        var path = "/api/admin/projections/" + name + "/rebuild";
        var started = administrator.post(path, "{}");
        assertThat(started.status()).as("%s", started).isEqualTo(202);
        return await().pollInterval(Duration.ofMillis(20))
                .until(
                        () -> {
                            meanwhile.run();
                            return administrator.get(path).json();
                        },
                        rebuild -> !rebuild.path("state").asString().equals("running"));
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(Arrays.asList(command))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
