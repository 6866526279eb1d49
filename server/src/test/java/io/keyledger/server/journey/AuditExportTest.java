package io.keyledger.server.journey;

import static io.keyledger.server.journey.People.createToken;
import static io.keyledger.server.journey.People.register;
import static io.keyledger.server.journey.People.signIn;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.keyledger.query.record.SigningKey;
import io.keyledger.server.journey.ToolProcess.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The history as a file, from API, page and tool, and what the tool says of it without a server. */
class AuditExportTest {

    private static final String EXPORT = "/api/audit-events/export?format=";

    @TempDir
    private static Path data;

    /** An auditor's machine, where no server ever was. */
    @TempDir
    private static Path elsewhere;

    private static ServerProcess server;
    private static ToolProcess tool;
    private static Client administrator;
    private static Client person;
    private static String email;

    @BeforeAll
    static void makeHistory() {
        server = ServerProcess.onDirectory(data)
                .with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true")
                .start();
        tool = ToolProcess.onDirectory(data).with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true");
        administrator = signIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        var nora = register(administrator, server.client(), "nora");
        person = nora.session();
        email = nora.email();
        createToken(person, "=1+1");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String body(Client client, String path) {
        var answer = client.get(path);
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return answer.response().body();
    }

    private static Path file(String name, String content) throws IOException {
        return Files.writeString(elsewhere.resolve(name), content);
    }

    private static Result verify(Path export, String... more) {
        var arguments = new ArrayList<>(List.of("audit", "verify", "--export", export.toString()));
        arguments.addAll(List.of(more));
        return ToolProcess.onDirectory(elsewhere.resolve("nothing")).run(arguments.toArray(String[]::new));
    }

    @Test
    void an_export_is_verified_without_a_server_and_one_altered_byte_names_the_event() throws IOException {
        var export = body(administrator, EXPORT + "ndjson");
        var key = file("key", body(server.client(), "/.well-known/keyledger/verifier-key"));
        var kept = file("kept", body(server.client(), "/.well-known/keyledger/checkpoint"));

        var sound = verify(file("sound.ndjson", export), "--key", key.toString(), "--checkpoint", kept.toString());
        assertThat(sound.exitCode()).as("%s", sound).isZero();
        assertThat(sound.out()).contains("are as they were recorded", "1 of 1 checkpoints");

        var lines = export.lines().toList();
        var altered = file(
                "altered.ndjson",
                export.replace(lines.get(2), lines.get(2).replace("\"revision\":\"1\"", "\"revision\":\"2\"")));
        var found = verify(altered, "--key", key.toString());
        assertThat(found.exitCode()).as("%s", found).isEqualTo(3);
        assertThat(found.out())
                .contains(lines.get(2).replaceFirst(".*\"eventId\":\"([^\"]*)\".*", "$1"), "was altered");

        var cut = verify(file("cut.ndjson", export.substring(0, export.length() - 40)));
        assertThat(cut.exitCode()).isEqualTo(3);
        assertThat(cut.out()).contains("cut off");
        var forged = file("forged", Files.readString(kept).replaceFirst("\n(\\d+)\n", "\n1$1\n"));
        var compared = verify(file("whole.ndjson", export), "--key", key.toString(), "--checkpoint", forged.toString());
        assertThat(compared.exitCode()).isEqualTo(3);
        assertThat(compared.out()).contains("is forged");
        var foreign = SigningKey.generate("keyledger/other").verifier().toString();
        var ofAnother = verify(file("whole.ndjson", export), "--key", foreign);
        assertThat(ofAnother.exitCode()).isEqualTo(3);
        assertThat(ofAnother.out()).contains("is of the log", "and the key of keyledger/other");
        var json = verify(altered, "--json");
        assertThat(json.json().path("finding").path("kind").asString()).isEqualTo("EVENT_ALTERED");
        assertThat(verify(file("not.ndjson", "id,type\r\n")).exitCode()).isEqualTo(2);
        assertThat(verify(file("sound.ndjson", export), "--json")
                        .json()
                        .path("checkpoint")
                        .path("root")
                        .asString())
                .isEqualTo(Files.readAllLines(kept).get(2));
        var none = verify(elsewhere.resolve("none"));
        assertThat(none.exitCode()).isEqualTo(1);
        assertThat(none.err()).endsWith("none cannot be read: There is no such file or directory.\n");
        assertThat(verify(altered, "--key", "nonsense").exitCode()).isEqualTo(2);
    }

    @Test
    void a_downloaded_proof_is_verified_without_a_server() throws IOException {
        var event = administrator
                .get("/api/audit-events?limit=1")
                .json()
                .path("items")
                .path(0)
                .path("id")
                .asString();
        var proof = body(administrator.header("Accept", "text/plain"), "/api/audit-events/" + event + "/proof");
        var key = file("proof.key", body(server.client(), "/.well-known/keyledger/verifier-key"));
        var file = file("event.tlog-proof", proof);
        var kept = file("proof.kept", proof.substring(proof.indexOf("\n\n") + 2));

        var sound = verifyProof(file, "--key", key.toString(), "--checkpoint", kept.toString());
        assertThat(sound.exitCode()).as("%s", sound).isZero();
        assertThat(sound.out())
                .startsWith("Event " + event + " (")
                .contains(" is on record: leaf ", "1 of 1 checkpoints");
        assertThat(sound.err()).isEmpty();
        var json = verifyProof(file, "--json").json();
        assertThat(json.path("event").path("eventId").asString()).isEqualTo(event);
        assertThat(json.path("signed").asBoolean()).isFalse();

        var foreign = SigningKey.generate("keyledger/other").verifier().toString();
        var ofAnother = verifyProof(file, "--key", foreign);
        assertThat(ofAnother.exitCode()).isEqualTo(3);
        assertThat(ofAnother.out()).contains("is of the log", "and the key of keyledger/other");
        var moved = file("moved.tlog-proof", proof.replaceFirst("\nindex \\d+\n", "\nindex 0\n"));
        var forged = verifyProof(moved, "--key", key.toString());
        assertThat(forged.exitCode()).isEqualTo(3);
        assertThat(forged.out()).startsWith("Event " + event + " is not on record as leaf 0 ");
        var cut = verifyProof(file("cut.tlog-proof", proof.substring(0, proof.length() - 20)));
        assertThat(cut.exitCode()).isEqualTo(3);
        assertThat(cut.out()).startsWith("The proof was cut off or altered. ");
        assertThat(verifyProof(key).exitCode()).isEqualTo(2);
        assertThat(verifyProof(elsewhere.resolve("none")).exitCode()).isEqualTo(1);
        assertThat(verifyProof(file, "--export", file.toString()).exitCode()).isEqualTo(2);
    }

    private static Result verifyProof(Path proof, String... more) {
        var arguments = new ArrayList<>(List.of("audit", "verify", "--proof", proof.toString()));
        arguments.addAll(List.of(more));
        return ToolProcess.onDirectory(elsewhere.resolve("nothing")).run(arguments.toArray(String[]::new));
    }

    @Test
    void programs_are_told_what_was_written_where_it_is_not_on_standard_output() {
        var record = elsewhere.resolve("summary.ndjson");
        var exported = tool.run("audit", "export", "--output", record.toString(), "--json");
        assertThat(exported.exitCode()).as("%s", exported).isZero();
        assertThat(exported.json().path("events").asLong()).isPositive();
        assertThat(exported.json().path("lastPosition").asLong()).isPositive();
        assertThat(exported.json().path("file").asString()).isEqualTo(record.toString());

        var told = elsewhere.resolve("summary.txt");
        var replayed = tool.run("audit", "replay", "--account", email, "--output", told.toString(), "--json");
        assertThat(replayed.exitCode()).as("%s", replayed).isZero();
        assertThat(told).content().hasLineCount(replayed.json().path("events").asInt());

        for (var command : List.of("export", "replay")) {
            var refused = tool.run("audit", command, "--json");
            assertThat(refused.exitCode()).as("%s", refused).isEqualTo(2);
            assertThat(refused.out()).isEmpty();
            assertThat(refused.err()).contains("standard output is the history itself: give --output FILE.");
        }
    }

    @Test
    void the_tool_exports_what_the_api_does_and_its_file_is_there_when_it_is_complete() throws IOException {
        var csv = elsewhere.resolve("history.csv");
        var exported = tool.run("audit", "export", "--format", "csv", "--account", email, "--output", csv.toString());
        assertThat(exported.exitCode()).as("%s", exported).isZero();
        assertThat(Files.readString(csv).lines().toList().getFirst()).startsWith("\"position\",\"id\",");
        assertThat(Files.readString(csv)).contains("\"'=1+1\"").doesNotContain(",\"=1+1\"");
        assertThat(elsewhere.resolve("history.csv.part")).doesNotExist();

        var record = elsewhere.resolve("history.ndjson");
        assertThat(tool.run("audit", "export", "--output", record.toString()).exitCode())
                .isZero();
        assertThat(verify(record).exitCode()).isZero();
        var ownKey = tool.run("audit", "verify");
        assertThat(ownKey.exitCode()).isZero();
        assertThat(ownKey.err()).contains("The database was believed about its own key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--from yesterday",
                "--from 2026-13-01",
                "--from 2026-03-02 --to 2026-03-01",
                "--from 9999-01-01",
                "--from 999999999",
                "--type nope",
                "--format xml"
            })
    void what_makes_no_sense_is_told_in_a_sentence_and_leaves_no_file(String options) {
        var file = elsewhere.resolve("nonsense");
        var arguments = new ArrayList<>(List.of("audit", "export", "--output", file.toString()));
        arguments.addAll(List.of(options.split(" ")));
        var result = tool.run(arguments.toArray(String[]::new));
        assertThat(result.exitCode()).as("%s", result).isEqualTo(2);
        assertThat(result.err()).startsWith("keyledger audit export: ").doesNotContain("Exception");
        assertThat(file).doesNotExist();
        assertThat(elsewhere.resolve("nonsense.part")).doesNotExist();
    }

    @Test
    void who_does_not_exist_has_no_history() {
        var result = tool.run("audit", "export", "--token", "tok_nope");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("There is no token with this id.");
        assertThat(administrator.get(EXPORT + "csv&accountId=acc_nope").status())
                .isEqualTo(404);
        assertThat(administrator.get(EXPORT + "csv&from=9999-01-01T00:00:00Z").code())
                .isEqualTo("invalid_range");
        assertThat(administrator.get(EXPORT + "csv&from=999999999").code()).isEqualTo("invalid_range");
        assertThat(administrator
                        .get(EXPORT + "csv&to=99999999999999999999")
                        .response()
                        .body())
                .contains("\"to is an instant like 2026-11-30T12:00:00Z (RFC 3339), or a position in the log.\"");
        assertThat(administrator.get(EXPORT + "pdf").code()).isEqualTo("invalid_format");
        assertThat(administrator.get(EXPORT + "csv&checkpoint=1").code()).isEqualTo("invalid_checkpoint");
        assertThat(administrator.get(EXPORT + "ndjson&checkpoint=999999999").code())
                .isEqualTo("invalid_checkpoint");
    }

    @Test
    void a_directory_is_no_file_to_write() {
        var result = tool.run("audit", "export", "--output", elsewhere.toString());
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).endsWith(elsewhere + " is a directory. Give the name of a file.\n");
        assertThat(elsewhere.resolveSibling(elsewhere.getFileName() + ".part")).doesNotExist();
    }

    @Test
    void a_replay_speaks_a_language_that_it_knows() {
        var result = tool.run("audit", "replay", "--language", "fr");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).contains("--language is en or de, not: fr");
    }

    @Test
    void a_replay_says_which_option_leads_nowhere() {
        var result = tool.run("audit", "replay", "--webhook", "nonsense");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).contains("keyledger audit replay: --webhook: Give an address");
    }

    @Test
    void a_person_exports_their_own_trail_and_not_the_record() {
        assertThat(body(person, EXPORT + "csv")).contains(email).doesNotContain(ServerProcess.ADMIN_EMAIL);
        assertThat(person.get(EXPORT + "ndjson").code()).isEqualTo("whole_trail_required");
        assertThat(server.client().get(EXPORT + "csv").status()).isEqualTo(401);
    }

    @Test
    void the_page_offers_what_the_filters_show() {
        var html = "text/html";
        var all = administrator.header("Accept", html).get("/activity?type=token.created");
        assertThat(all.response().body())
                .contains("/activity/export?type=token.created&amp;format=csv")
                .contains("/activity/export?type=token.created&amp;format=ndjson");
        assertThat(body(administrator, "/activity/export?type=token.created&format=csv")
                        .lines())
                .hasSize(2);
        assertThat(person.header("Accept", html).get("/activity").response().body())
                .contains("/activity/export?format=csv")
                .doesNotContain("format=ndjson");
    }

    @Test
    void the_past_is_told_in_sentences_and_to_an_address() throws IOException {
        var text = tool.run("audit", "replay", "--account", email, "--speed", "1000000x");
        assertThat(text.exitCode()).as("%s", text).isZero();
        assertThat(text.out()).contains("created the token “=1+1”");

        var received = new ConcurrentLinkedQueue<String>();
        var target = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        target.createContext("/", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        target.start();
        try {
            var told = tool.run(
                    "audit",
                    "replay",
                    "--type",
                    "token.created",
                    "--webhook",
                    "http://127.0.0.1:" + target.getAddress().getPort() + "/");
            assertThat(told.exitCode()).as("%s", told).isZero();
            assertThat(received).hasSize(1).allMatch(message -> message.contains("io.keyledger.token.created"));
        } finally {
            target.stop(0);
        }
    }
}
