package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.get;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.post;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pages about webhooks, as a browser without scripts shows them. */
class WebhookPagesTest {

    private final List<String> created = new ArrayList<>();

    @AfterEach
    void deleteAll() {
        created.forEach(path -> administrator().delete("/api" + path));
    }

    private Answer create(String url, String... more) {
        var fields = new ArrayList<>(List.of("url", url));
        fields.addAll(List.of(more));
        var answer = post(administrator(), "/webhooks/new", fields.toArray(String[]::new));
        if (answer.status() == 200) {
            created.add(Html.link(answer.response().body(), "Done"));
        }
        return answer;
    }

    private static String url() {
        return "http://127.0.0.1:9/" + unique("hook");
    }

    @Test
    void a_new_webhook_comes_with_a_secret_that_is_shown_once() {
        var url = url();
        var answer = expect(create(url, "types", "token.created", "types", "token.revoked"), 200);
        var html = answer.response().body();
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(html).containsPattern("id=\"secret\">whsec_[A-Za-z0-9+/=]{40,}<");
        assertThat(html).contains("data-once=\"" + created.getFirst() + "\"");

        var show = page(administrator(), created.getFirst());
        assertThat(show).doesNotContain("whsec_");
        assertThat(text(show)).contains(url).contains("token.created").contains("token.revoked");
        assertThat(text(page(administrator(), "/webhooks"))).contains(url + " Enabled");
    }

    @Test
    void what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
        var answer = expect(create("ftp://" + unique("x"), "types", "token.created"), 422);
        assertThat(text(answer)).contains("Give an address such as https://example.org/hooks");
        assertThat(answer.response().body())
                .contains("aria-describedby=\"url-error url-hint\"")
                .containsPattern("value=\"token.created\" checked");
        assertThat(text(expect(create(""), 422))).contains("Fill in this field.");
        // As after signing in again in the middle of it.
        assertThat(page(administrator(), "/webhooks/new?types=account.disabled"))
                .containsPattern("value=\"account.disabled\" checked");
    }

    @Test
    void it_is_tested_disabled_enabled_and_deleted() {
        expect(create(url()), 200);
        var path = created.getFirst();
        expect(post(administrator(), path + "/test"), 302);
        assertThat(text(page(administrator(), path))).contains("The test message is on its way.");

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(text(page(administrator(), path))).contains("No connection ·"));

        expect(post(administrator(), path + "/enabled", "enabled", "false"), 302);
        assertThat(text(page(administrator(), path)))
                .contains("The webhook is disabled.")
                .contains("Disabled (on request)");
        assertThat(text(expect(post(administrator(), path + "/test"), 409))).contains("Enable it first.");
        expect(post(administrator(), path + "/enabled", "enabled", "true"), 302);
        assertThat(text(page(administrator(), path))).contains("The webhook is enabled.");
        expect(get(administrator(), path + "/enabled"), 302);

        assertThat(text(page(administrator(), path + "/delete"))).contains("This cannot be undone.");
        assertThat(expect(post(administrator(), path + "/delete"), 302).header("Location"))
                .isEqualTo("/webhooks");
        assertThat(text(page(administrator(), "/webhooks"))).contains("The webhook was deleted.");
        expect(get(administrator(), path), 404);
        assertThat(Html.sentences(page(administrator(), "/activity?type=webhook.deleted"))
                        .getFirst())
                .isEqualTo("You deleted the webhook " + path.substring(path.lastIndexOf('/') + 1));
    }

    @Test
    void only_administrators_see_them() {
        expect(create(url()), 200);
        var path = created.getFirst();
        var person = person().session();
        for (var page : List.of("/webhooks", "/webhooks/new", path, path + "/delete", path + "/enabled")) {
            expect(get(person, page), 403);
            assertThat(get(anybody(), page).status()).isEqualTo(303);
        }
        expect(post(person, "/webhooks/new", "url", url()), 403);
        expect(post(person, path + "/enabled", "enabled", "false"), 403);
        expect(post(person, path + "/test"), 403);
        expect(post(person, path + "/delete"), 403);
        assertThat(Html.link(page(person, "/activity"), "Webhooks")).isEmpty();
        assertThat(Html.link(page(administrator(), "/activity"), "Webhooks")).isEqualTo("/webhooks");
    }
}
