package io.keyledger.server.pages;

import static io.keyledger.server.journey.People.PASSWORD;
import static io.keyledger.server.pages.MailSite.PUBLIC_URL;
import static io.keyledger.server.pages.MailSite.administrator;
import static io.keyledger.server.pages.MailSite.database;
import static io.keyledger.server.pages.MailSite.expect;
import static io.keyledger.server.pages.MailSite.mailsTo;
import static io.keyledger.server.pages.MailSite.person;
import static io.keyledger.server.pages.MailSite.server;
import static io.keyledger.server.pages.Visitor.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.People.Person;
import io.keyledger.server.pages.MailSite.Mail;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What owners are told before a token ends: by mail, in the trail, and on the pages. */
class ExpiryNoticesTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static Instant in(Duration time) {
        return Instant.now().plus(time);
    }

    private static String create(Person owner, String name, Instant expiresAt) {
        var answer = expect(
                owner.session()
                        .post("/api/tokens", "{\"name\": \"%s\", \"expiresAt\": \"%s\"}".formatted(name, expiresAt)),
                201);
        return answer.json().path("id").asString();
    }

    /** As if its value had been made a month ago. */
    private static String createLongAgo(Person owner, String name, Instant expiresAt) {
        var tokenId = create(owner, name, expiresAt);
        JdbcClient.create(database())
                .sql("update projection.token_value set issued_at = issued_at - interval '30 days' where token_id = ?")
                .param(tokenId)
                .update();
        return tokenId;
    }

    private static List<String> announced(Person owner) {
        return StreamSupport.stream(
                        owner.session()
                                .get("/api/audit-events?type=token.expiry-announced")
                                .json()
                                .path("items")
                                .spliterator(),
                        false)
                .map(event -> event.path("target").path("id").asString() + " "
                        + event.path("details").path("daysLeft").asInt())
                .toList();
    }

    @Test
    void owners_are_told_once_seven_days_and_one_day_before() {
        var owner = person();
        var nobody = person();
        expect(administrator().patch("/api/accounts/" + nobody.accountId(), "{\"enabled\": false}"), 200);
        var inSixDays = in(Duration.ofDays(6));
        var soon = createLongAgo(owner, "nightly build", inSixDays);
        var last = createLongAgo(owner, "deploy", in(Duration.ofHours(20)));
        create(owner, "short from the beginning", in(Duration.ofDays(6)));
        createLongAgo(owner, "much later", in(Duration.ofDays(8)));
        var disabled = createLongAgo(owner, "disabled", in(Duration.ofDays(2)));
        expect(owner.session().patch("/api/tokens/" + disabled, "{\"enabled\": false}"), 200);
        await().atMost(PATIENCE).until(() -> mailsTo(owner.email()).size() >= 2);

        assertThat(mailsTo(owner.email()))
                .extracting(Mail::subject)
                .containsExactlyInAnyOrder(
                        "Your token nightly build ends soon / Dein Token nightly build läuft bald ab",
                        "Your token deploy ends soon / Dein Token deploy läuft bald ab");
        var mail = mailsTo(owner.email()).stream()
                .filter(one -> one.subject().contains("nightly build"))
                .findFirst()
                .orElseThrow();
        assertThat(mail.autoSubmitted()).isEqualTo("auto-generated");
        assertThat(mail.text())
                .contains("Your token nightly build (klt_")
                .contains("Dein Token nightly build (klt_")
                .contains(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'")
                        .withZone(ZoneOffset.UTC)
                        .format(inSixDays))
                .contains(PUBLIC_URL + "/settings/tokens/" + soon + "\n");
        await().atMost(PATIENCE).until(() -> announced(owner).size() >= 2);
        assertThat(announced(owner)).containsExactlyInAnyOrder(soon + " 7", last + " 1");

        // Whoever comes later is told by a later run: that one had nothing to say to the first.
        var second = person();
        createLongAgo(second, "later", in(Duration.ofDays(6)));
        await().atMost(PATIENCE).until(() -> !mailsTo(second.email()).isEmpty());
        assertThat(mailsTo(owner.email())).hasSize(2);
    }

    @Test
    void the_pages_tell_always() {
        var owner = person();
        var visitor = Visitor.of(server()).signIn(owner.email(), PASSWORD);
        assertThat(text(visitor.get("/settings/tokens"))).doesNotContain("within 7 days");
        var later = create(owner, "later", in(Duration.ofDays(8)));
        var one = create(owner, "one", in(Duration.ofDays(6).plusHours(1)));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(visitor.get("/settings/tokens")))
                        .contains("A token ends within 7 days: one in 6 days"));
        assertThat(text(visitor.get("/settings/tokens/" + one)))
                .contains("This token ends in 6 days, on ")
                .contains("Rotate it or let it last longer");
        assertThat(text(visitor.get("/settings/tokens/" + later))).doesNotContain("This token ends");
        for (var i = 0; i < 6; i++) {
            create(owner, "more " + i, in(Duration.ofDays(2).plusHours(1 + i)));
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(visitor.get("/settings/tokens")))
                        .contains("7 tokens end within 7 days: more 0 in 2 days")
                        .contains("more 4 in 2 days 2 more"));
        assertThat(text(visitor.language("de").signIn(owner.email(), PASSWORD).get("/settings/tokens")))
                .contains("7 Token laufen in den nächsten 7 Tagen ab: more 0 in 2 Tagen")
                .contains("2 weitere");
    }
}
