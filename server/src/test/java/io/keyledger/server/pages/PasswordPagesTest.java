package io.keyledger.server.pages;

import static io.keyledger.server.journey.People.PASSWORD;
import static io.keyledger.server.pages.MailSite.FROM;
import static io.keyledger.server.pages.MailSite.PUBLIC_URL;
import static io.keyledger.server.pages.MailSite.administrator;
import static io.keyledger.server.pages.MailSite.expect;
import static io.keyledger.server.pages.MailSite.mailsTo;
import static io.keyledger.server.pages.MailSite.person;
import static io.keyledger.server.pages.MailSite.post;
import static io.keyledger.server.pages.MailSite.server;
import static io.keyledger.server.pages.Visitor.error;
import static io.keyledger.server.pages.Visitor.form;
import static io.keyledger.server.pages.Visitor.text;
import static io.keyledger.server.pages.Visitor.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Asking for a link by mail, and setting a password through one. */
class PasswordPagesTest {

    private static final String NEW_PASSWORD = "four green kettles";
    private static final String ASKED = "If there is an account with this address, a link is on its way to it.";

    private static Answer ask(String email) {
        return Visitor.of(server()).submit("/forgot-password", "email", email);
    }

    private static Answer set(String secret, String newPassword, String confirmNewPassword) {
        return Visitor.of(server())
                .submit(
                        "/set-password",
                        "secret",
                        secret,
                        "newPassword",
                        newPassword,
                        "confirmNewPassword",
                        confirmNewPassword);
    }

    private static Answer set(String secret) {
        return set(secret, NEW_PASSWORD, NEW_PASSWORD);
    }

    /** The proxy that ends TLS speaks HTTP to the server, as the test does. */
    @Test
    void where_people_come_by_https_credentials_are_in_secure_cookies_alone() {
        var person = person();
        var signedIn = People.trySignIn(server().client(), person.email(), PASSWORD);
        assertThat(signedIn.response().headers().allValues("Set-Cookie"))
                .filteredOn(cookie -> cookie.startsWith("keyledger_session=") || cookie.startsWith("XSRF-TOKEN="))
                .hasSize(2)
                .allSatisfy(cookie -> assertThat(cookie).contains("; Secure"));
    }

    @Test
    void a_mailed_link_sets_the_password_once_and_ends_all_sessions() {
        var person = person();
        var signedIn = Visitor.of(server()).signIn(person.email(), PASSWORD);
        assertThat(text(expect(ask(person.email()), 200))).contains(ASKED);
        var mail = mailsTo(person.email(), 1).getFirst();
        assertThat(mail.from()).isEqualTo("Keyledger <" + FROM + ">");
        assertThat(mail.autoSubmitted()).isEqualTo("auto-generated");
        assertThat(mail.subject()).isEqualTo("Set your Keyledger password");
        assertThat(mail.link()).matches(PUBLIC_URL + "/set-password#[0-9A-Za-z]{30}");
        expect(Visitor.of(server()).get("/set-password"), 200);

        var done = expect(set(mail.link()), 302);

        assertThat(done.header("Location")).isEqualTo("/sign-in?done=password-set");
        var visitor = Visitor.of(server());
        assertThat(text(visitor.get("/sign-in?done=password-set"))).contains("Your password is set. Sign in with it.");
        assertThat(visitor.trySignIn(person.email(), PASSWORD).status()).isEqualTo(422);
        visitor.signIn(person.email(), NEW_PASSWORD);
        expect(visitor.get("/settings/account"), 200);
        assertThat(signedIn.get("/settings/account").header("Location")).startsWith("/sign-in");
        assertThat(mailsTo(person.email(), 2).getLast().subject()).isEqualTo("Your Keyledger password was changed");

        assertThat(error(expect(set(mail.link(), "another green kettle", "another green kettle"), 422), "secret"))
                .startsWith("This link is used up");
        visitor.signIn(person.email(), NEW_PASSWORD);
    }

    @Test
    void who_asked_stands_in_the_trail_as_nobody_known() {
        var person = person();
        expect(ask(person.email()), 200);
        mailsTo(person.email(), 1);
        await().untilAsserted(() -> {
            var trail = administrator()
                    .get("/api/audit-events?type=account.reset-link-issued&accountId=" + person.accountId())
                    .json()
                    .path("items");
            assertThat(trail.size()).isEqualTo(1);
            assertThat(trail.path(0).path("actor").path("type").asString()).isEqualTo("anonymous");
            assertThat(trail.path(0).path("origin").path("ipAddress").asString())
                    .isEqualTo("127.0.0.1");
        });
    }

    @Test
    void an_address_without_an_account_gets_the_same_answer_and_no_mail() {
        var disabled = person();
        expect(administrator().patch("/api/accounts/" + disabled.accountId(), "{\"enabled\": false}"), 200);
        var known = person();
        var answers = List.of(ask("nobody@example.org"), ask(disabled.email()), ask(known.email()));
        assertThat(answers).allSatisfy(answer -> {
            expect(answer, 200);
            assertThat(answer.response().body())
                    .isEqualTo(answers.getLast().response().body());
        });
        mailsTo(known.email(), 1);
        assertThat(mailsTo("nobody@example.org")).isEmpty();
        assertThat(mailsTo(disabled.email())).isEmpty();
    }

    @Test
    void the_mail_goes_to_the_address_that_the_account_has() {
        var person = person();
        expect(ask("  " + person.email().toUpperCase(java.util.Locale.ROOT)), 200);
        mailsTo(person.email(), 1);
    }

    @Test
    void what_the_request_says_about_the_host_is_not_in_the_link() {
        var person = person();
        var forged = "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example";
        assertThat(post("/forgot-password", "127.0.0.1", forged, form("email", person.email())))
                .isEqualTo(200);
        assertThat(mailsTo(person.email(), 1).getFirst().text())
                .contains(PUBLIC_URL + "/set-password#")
                .doesNotContain("evil");
    }

    @Test
    void one_address_is_mailed_three_links_an_hour_and_nobody_learns_whether_there_were_any() {
        var person = person();
        for (var email : List.of(person.email(), "nobody-often@example.org")) {
            for (var i = 0; i < 3; i++) {
                expect(ask(email), 200);
            }
            assertThat(text(expect(ask(email), 429))).contains("Too many links were asked for.");
        }
        mailsTo(person.email(), 3);
    }

    @Test
    void one_place_asks_for_thirty_links_an_hour() {
        for (var i = 0; i < 30; i++) {
            assertThat(askFrom("127.0.0.9", "nobody-" + i + "@example.org")).isEqualTo(200);
        }
        assertThat(askFrom("127.0.0.9", "nobody-30@example.org")).isEqualTo(429);
        assertThat(askFrom("127.0.0.10", "nobody-30@example.org")).isEqualTo(200);
    }

    private static int askFrom(String address, String email) {
        return post("/forgot-password", address, "Host: localhost", form("email", email));
    }

    @Test
    void a_mail_that_fails_is_logged_once_without_the_address_and_the_answer_is_the_same() {
        var person = person();
        MailSite.withoutSmtp(() -> {
            var answer = expect(ask(person.email()), 200);
            assertThat(text(answer)).contains(ASKED);
            var id = answer.header("Keyledger-Correlation-Id");
            await().atMost(Duration.ofSeconds(30)).until(() -> server().output().contains("(" + id + ")"));
            assertThat(server().output().lines().filter(line -> line.contains(id)))
                    .singleElement()
                    .asString()
                    .contains("WARN", "A mail could not be sent", "Connection refused");
        });
        assertThat(server().output()).doesNotContain(person.email());
    }

    @Test
    void the_mail_is_in_the_readers_language() {
        var person = person();
        expect(
                Visitor.of(server()).language("de-AT,de;q=0.9").submit("/forgot-password", "email", person.email()),
                200);
        assertThat(mailsTo(person.email(), 1).getFirst().subject()).isEqualTo("Setze dein Keyledger-Passwort");
    }

    @Test
    void without_an_address_the_form_says_what_is_missing() {
        assertThat(error(expect(ask(" "), 422), "email")).isEqualTo("Fill in this field.");
    }

    @Test
    void a_new_account_sets_its_first_password_by_the_secret_alone() {
        var email = "first-" + System.nanoTime() + "@example.org";
        var created = expect(
                administrator()
                        .post("/api/accounts", "{\"email\": \"%s\", \"displayName\": \"First\"}".formatted(email)),
                201);
        var link = created.json().path("resetLink");
        assertThat(link.path("link").asString())
                .isEqualTo(PUBLIC_URL + "/set-password#" + link.path("secret").asString());
        expect(set(" " + link.path("secret").asString() + " "), 302);
        Visitor.of(server()).signIn(email, NEW_PASSWORD);
    }

    @Test
    void a_mistake_is_told_next_to_its_field_and_the_link_is_not_lost() {
        var person = person();
        expect(ask(person.email()), 200);
        var link = mailsTo(person.email(), 1).getFirst().link();
        var secret = link.substring(link.indexOf('#') + 1);

        var tooShort = expect(set(link, "too short 7", "too short 7"), 422);
        assertThat(error(tooShort, "newPassword")).startsWith("Use at least 15 characters");
        assertThat(value(tooShort, "secret")).isEqualTo(secret);
        assertThat(tooShort.response().body()).doesNotContain("too short 7");
        assertThat(tooShort.header("Cache-Control")).contains("no-store");
        var differs = expect(set(secret, NEW_PASSWORD, "four green kettle"), 422);
        assertThat(error(differs, "confirmNewPassword")).isEqualTo("Type the same password again.");
        assertThat(error(expect(set(secret, PASSWORD, PASSWORD), 422), "newPassword"))
                .startsWith("This is the password you have now.");
        assertThat(error(expect(set("", NEW_PASSWORD, NEW_PASSWORD), 422), "secret"))
                .isEqualTo("Fill in this field.");
        assertThat(error(expect(set("wrong", NEW_PASSWORD, NEW_PASSWORD), 422), "secret"))
                .startsWith("This link is");

        expect(set(value(differs, "secret")), 302);
    }

    @Test
    void the_sign_in_page_says_only_what_it_knows() {
        assertThat(text(expect(Visitor.of(server()).get("/sign-in?done=%3Cb%3Eyou%20won"), 200)))
                .doesNotContain("you won");
    }
}
