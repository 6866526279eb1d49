package io.keyledger.server.journey;

import static io.keyledger.server.journey.People.createToken;
import static io.keyledger.server.journey.People.register;
import static io.keyledger.server.journey.People.signIn;
import static io.keyledger.server.journey.People.status;
import static io.keyledger.server.journey.People.trySignIn;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.ToolProcess.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tool beside a running server, on the server's own database. */
class CommandLineTest {

    @TempDir
    private static Path directory;

    private static ServerProcess server;
    private static ToolProcess tool;

    @BeforeAll
    static void start() {
        server = ServerProcess.onDirectory(directory).start();
        tool = ToolProcess.onDirectory(directory);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Client administrator() {
        return signIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    private static int setPassword(String secret, String password) {
        return server.client()
                .post("/api/password-reset", """
                    {"secret": "%1$s", "newPassword": "%2$s", "confirmNewPassword": "%2$s"}\
                    """.formatted(secret, password))
                .status();
    }

    @Test
    void a_created_account_gets_its_password_through_the_printed_link() {
        var created = tool.run("account", "create", "nora@example.org", "--name", "Nora");

        assertThat(created.exitCode()).as("%s", created).isZero();
        assertThat(created.err()).isEmpty();
        var link = created.out().lines().toList().getLast();
        assertThat(link).startsWith("http://localhost:8080/set-password#");
        assertThat(setPassword(link.substring(link.indexOf('#') + 1), People.PASSWORD))
                .isEqualTo(204);
        signIn(server.client(), "nora@example.org", People.PASSWORD);
    }

    @Test
    void a_locked_out_administrator_gets_a_link() {
        tool.run("account", "create", "boss@example.org", "--name", "Boss", "--administrator");
        var linked = tool.run("account", "reset-link", "Boss@example.org", "--json");

        assertThat(linked.exitCode()).as("%s", linked).isZero();
        assertThat(linked.json().path("account").path("administrator").asBoolean())
                .isTrue();
        assertThat(setPassword(linked.json().path("resetLink").path("secret").asString(), People.PASSWORD))
                .isEqualTo(204);
        assertThat(signIn(server.client(), "boss@example.org", People.PASSWORD)
                        .get("/api/accounts")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_token_that_a_command_revoked_is_refused_when_the_command_has_ended() {
        var owner = register(administrator(), server.client(), "revoked");
        var one = createToken(owner.session(), "one", "tokens:read");
        var others = new People.Issued[] {
            createToken(owner.session(), "two", "tokens:read"), createToken(owner.session(), "three", "tokens:read")
        };

        var revoked = tool.run("token", "revoke", one.id());
        assertThat(revoked.exitCode()).as("%s", revoked).isZero();
        assertThat(revoked.out()).isEqualTo("Revoked " + one.id() + "\n");
        assertThat(status(server, one.value())).isEqualTo(401);
        assertThat(status(server, others[0].value())).isEqualTo(200);

        var all = tool.run("token", "revoke", "--account", owner.email(), "--json");
        assertThat(all.json().path("revoked").size()).isEqualTo(2);
        for (var other : others) {
            assertThat(status(server, other.value())).isEqualTo(401);
        }
        assertThat(tool.run("token", "list", "--account", owner.accountId(), "--json")
                        .json()
                        .size())
                .isZero();
        var list = tool.run("token", "list", "--account", owner.accountId(), "--status", "revoked");
        assertThat(list.out()).contains(one.id(), "two", "three", owner.email());
        assertThat(list.err()).isEmpty();
    }

    @Test
    void a_disabled_account_is_out_until_it_is_enabled() {
        var person = register(administrator(), server.client(), "disabled");
        var token = createToken(person.session(), "mine", "tokens:read");

        assertThat(tool.run("account", "disable", person.accountId()).out()).contains("disabled");
        assertThat(status(server, token.value())).isEqualTo(401);
        assertThat(person.session().get("/api/account").status()).isEqualTo(401);
        assertThat(trySignIn(server.client(), person.email(), People.PASSWORD).status())
                .isEqualTo(401);

        assertThat(tool.run("account", "enable", person.email()).out()).contains("enabled");
        assertThat(status(server, token.value())).isEqualTo(200);
    }

    @Test
    void the_trail_says_that_the_system_did_it_by_which_command() {
        var created = tool.run("account", "create", "trail@example.org", "--name", "Trail", "--json");
        var id = created.json().path("account").path("id").asString();

        var administrator = administrator();
        Awaitility.await()
                .untilAsserted(() -> assertThat(administrator
                                .get("/api/audit-events?accountId=" + id)
                                .response()
                                .body())
                        .contains("account.registered", "keyledger account create", "\"system\""));
    }

    @Test
    void accounts_are_listed_for_people_and_for_programs() {
        var table = tool.run("account", "list");
        var json = tool.run("account", "list", "--search", "localhost", "--json");

        assertThat(table.out().lines().toList().getFirst()).matches("ID +EMAIL +NAME +STATUS");
        assertThat(table.out()).contains(ServerProcess.ADMIN_EMAIL, "enabled, administrator");
        assertThat(json.json().size()).isEqualTo(1);
        assertThat(json.json().path(0).path("email").asString()).isEqualTo(ServerProcess.ADMIN_EMAIL);
    }

    @Test
    void what_is_not_there_is_said_in_a_sentence() {
        assertSentence(tool.run("token", "revoke", "tok_unknown"), 1, "There is no token with the id tok_unknown.");
        assertSentence(
                tool.run("account", "disable", "nobody@example.org"),
                1,
                "There is no account with the email nobody@example.org.");
        assertSentence(tool.run("account", "reset-link", "acc_unknown"), 1, "There is no account with this id.");
        assertSentence(
                tool.run("account", "create", "nobody", "--name", "Nobody"), 1, "email: Give an address such as");
        assertSentence(
                tool.run("account", "create", ServerProcess.ADMIN_EMAIL, "--name", "Twice"),
                1,
                "Another account has this email address.");
        // Other tests have made some.
        for (var account : tool.run("account", "list", "--json").json()) {
            if (account.path("administrator").asBoolean()
                    && !account.path("email").asString("").equals(ServerProcess.ADMIN_EMAIL)) {
                tool.run("account", "disable", account.path("id").asString());
            }
        }
        assertSentence(tool.run("account", "disable", ServerProcess.ADMIN_EMAIL), 1, "last enabled administrator");
    }

    @Test
    void what_is_not_understood_is_usage() {
        assertThat(tool.run("account", "list", "--jsn").exitCode()).isEqualTo(2);
        assertThat(tool.run("frobnicate").exitCode()).isEqualTo(2);
        assertThat(tool.run("token", "revoke").err()).contains("Give ids of tokens, or --account.", "--help");
        assertThat(tool.run("token", "revoke").exitCode()).isEqualTo(2);
        assertThat(tool.run("serve", "now").exitCode()).isEqualTo(2);
        assertThat(tool.run("account").exitCode()).isEqualTo(2);
    }

    @Test
    void a_wrong_key_directory_or_address_is_named(@TempDir Path empty) throws Exception {
        var otherKey = Base64.getEncoder().encodeToString(new byte[32]);
        assertSentence(
                ToolProcess.onDirectory(directory)
                        .with("KEYLEDGER_MASTER_KEY", otherKey)
                        .run("account", "list"),
                1,
                "is not the key that this database was made with");
        assertSentence(ToolProcess.onDirectory(empty).run("account", "list"), 1, "There is no database in " + empty);
        try (var files = Files.list(empty)) {
            assertThat(files.filter(file -> !file.endsWith("lock")))
                    .as("nothing is made by mistake")
                    .isEmpty();
        }
        assertSentence(
                ToolProcess.onDirectory(empty.resolve("nowhere")).run("account", "list"), 1, "KEYLEDGER_DATA_DIR");
        assertSentence(
                ToolProcess.onDatabase("jdbc:postgresql://127.0.0.1:1/keyledger")
                        .run("account", "list"),
                1,
                "The database cannot be reached");
    }

    private static void assertSentence(Result result, int exitCode, String sentence) {
        assertThat(result.exitCode()).as("%s", result).isEqualTo(exitCode);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines()).as("%s", result).hasSize(1);
        assertThat(result.err()).startsWith("keyledger ").contains(sentence).doesNotContain("Exception");
    }
}
