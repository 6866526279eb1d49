package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/webhooks}. What arrives where is in {@code WebhookDeliveryTest}. */
class WebhookTest {

    /** Nobody is there. */
    private static final String URL = "http://127.0.0.1:9/hooks/a-secret-path";

    private final List<String> created = new ArrayList<>();

    @AfterEach
    void deleteAll() {
        created.forEach(path -> administrator().delete(path));
    }

    private Answer create(String body) {
        var answer = administrator().post("/api/webhooks", json(body));
        if (answer.status() == 201) {
            created.add(answer.header("Location"));
        }
        return answer;
    }

    private Answer create() {
        return expect(create("{'url': '%s'}".formatted(URL)), 201);
    }

    @Test
    void the_answer_to_the_creation_holds_the_secret_and_no_other_answer_does() {
        var answer = expect(create("{'url': '%s', 'types': ['token.revoked', 'token.created']}".formatted(URL)), 201);
        var secret = answer.json().path("secret").asString();
        assertThat(secret).startsWith("whsec_");
        assertThat(Base64.getDecoder().decode(secret.substring("whsec_".length())))
                .hasSizeBetween(24, 64);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("ETag")).isEqualTo("\"0\"");
        assertThat(answer.header("Keyledger-Position")).matches("\\d+");

        var path = answer.header("Location");
        var read = expect(administrator().get(path), 200);
        assertThat(path).matches("/api/webhooks/whk_[0-9A-Za-z]{20}");
        assertThat(fields(read.json()))
                .containsExactlyInAnyOrder(
                        "id",
                        "url",
                        "types",
                        "enabled",
                        "disabledReason",
                        "createdAt",
                        "lastSuccessAt",
                        "lastFailure",
                        "waiting",
                        "version");
        assertThat(read.json().path("url").asString()).isEqualTo(URL);
        assertThat(read.json().path("types").toString()).isEqualTo(json("['token.created','token.revoked']"));
        assertThat(read.json().path("enabled").asBoolean()).isTrue();
        var list = expect(administrator().get("/api/webhooks"), 200);
        assertThat(texts(list, "id")).contains(read.json().path("id").asString());
        assertThat(read + list.toString()).doesNotContain(secret.substring(6));
    }

    @ParameterizedTest
    @CsvSource({
        "'{}', url=required",
        "'{''url'': '' ''}', url=required",
        "'{''url'': ''ftp://1.1.1.1/''}', url=invalid_url",
        "'{''url'': ''https://ada:secret@127.0.0.1/''}', url=invalid_url",
        "'{''url'': ''https://does-not-exist.invalid/''}', url=unknown_host",
        "'{''url'': ''http://127.0.0.1:9/'', ''types'': [''token.renamed'']}', types=unknown_type",
    })
    void a_field_that_cannot_be_is_refused(String body, String field) {
        refusedFields(create(body), 422, field);
        var path = create().header("Location");
        if (!body.equals("{}")) {
            refusedFields(administrator().patch(path, json(body)), 422, field);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://1.1.1.1/, https_required",
        "https://127.0.0.1:8443/, private_address",
        "https://localhost/, private_address",
        "https://[::ffff:127.0.0.1]/, private_address",
        "https://169.254.169.254/latest, private_address",
    })
    void a_private_target_is_refused_unless_configured(String url, String code) {
        var strict = administrator().at(Contract.openServer());
        refusedFields(strict.post("/api/webhooks", json("{'url': '%s'}".formatted(url))), 422, "url=" + code);
        refusedFields(
                strict.patch(create().header("Location"), json("{'url': '%s'}".formatted(url))), 422, "url=" + code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'url': 1}", "{'url': 'http://127.0.0.1:9/', 'secret': 'mine'}", "[", "{'types': 'a'}"})
    void what_is_not_understood_is_refused(String body) {
        assertThat(create(body).status()).isEqualTo(400);
    }

    @Test
    void only_administrators_who_are_persons_may_do_anything_with_webhooks() {
        var path = create().header("Location");
        everything(anybody(), path, 401, "authentication_required");
        everything(person().session(), path, 403, "administrator_required");
        everything(secondAdministrator().token("audit:read", "tokens:write"), path, 403, "person_required");
        expect(administrator().get(path), 200);
    }

    private static void everything(Client client, String path, int status, String code) {
        refused(client.get("/api/webhooks"), status, code);
        refused(client.post("/api/webhooks", json("{'url': '%s'}".formatted(URL))), status, code);
        refused(client.get(path), status, code);
        refused(client.patch(path, json("{'enabled': false}")), status, code);
        refused(client.patch(path, "{}"), status, code);
        refused(client.delete(path), status, code);
        refused(client.post(path + "/test", ""), status, code);
    }

    @Test
    void what_is_not_there_is_not_found() {
        var gone = create().header("Location");
        expect(administrator().delete(gone), 204);
        for (var path : List.of(gone, "/api/webhooks/whk_nope", "/api/webhooks/" + person().accountId())) {
            refused(administrator().get(path), 404, "webhook_not_found");
            refused(administrator().patch(path, "{}"), 404, "webhook_not_found");
            refused(administrator().patch(path, json("{'enabled': false}")), 404, "webhook_not_found");
            refused(administrator().patch(path, json("{'url': 'https://nowhere.invalid/'}")), 404, "webhook_not_found");
            refused(administrator().patch(path, json("{'types': []}")), 404, "webhook_not_found");
            refused(administrator().delete(path), 404, "webhook_not_found");
            refused(administrator().post(path + "/test", ""), 404, "webhook_not_found");
        }
    }

    @Test
    void a_change_is_made_to_the_version_that_was_seen_and_all_of_it_or_nothing() {
        var path = create().header("Location");
        refused(
                administrator().header("If-Match", "\"7\"").patch(path, json("{'enabled': false}")),
                412,
                "version_mismatch");
        refused(administrator().header("If-Match", "\"7\"").delete(path), 412, "version_mismatch");
        refused(administrator().header("If-Match", "\"7\"").patch(path, "{}"), 412, "version_mismatch");
        refusedFields(
                administrator().patch(path, json("{'types': ['nope'], 'enabled': false}")), 422, "types=unknown_type");
        assertThat(administrator().get(path).json().path("enabled").asBoolean()).isTrue();

        var changed = expect(
                administrator()
                        .header("If-Match", "\"0\"")
                        .patch(path, json("{'types': ['token.created'], 'enabled': false}")),
                200);
        assertThat(changed.json().path("disabledReason").asString()).isEqualTo("requested");
        assertThat(changed.header("ETag")).isEqualTo("\"2\"");
        var all = expect(administrator().patch(path, json("{'types': null, 'enabled': true}")), 200);
        assertThat(all.json().path("types")).isEmpty();
        assertThat(all.json().path("disabledReason").isNull()).isTrue();
        var same = expect(administrator().patch(path, json("{'types': [], 'enabled': true}")), 200);
        assertThat(same.header("ETag")).isEqualTo("\"4\"");
    }

    @Test
    void a_disabled_webhook_is_not_tested() {
        var path = create().header("Location");
        expect(administrator().post(path + "/test", ""), 202);
        expect(administrator().patch(path, json("{'enabled': false}")), 200);
        refused(administrator().post(path + "/test", ""), 409, "webhook_disabled");
    }

    @Test
    void what_is_done_with_a_webhook_is_in_the_trail_without_its_path() {
        var answer = create();
        var path = answer.header("Location");
        expect(administrator().patch(path, json("{'url': '%s/more'}".formatted(URL))), 200);
        expect(administrator().patch(path, json("{'enabled': false}")), 200);
        expect(administrator().patch(path, json("{'enabled': true}")), 200);
        var deleted = expect(administrator().delete(path), 204);

        var id = answer.json().path("id").asString();
        var events = trail(administrator(), deleted, "").stream()
                .filter(event -> event.path("target").path("id").asString().equals(id))
                .toList();
        assertThat(types(events))
                .containsExactly(
                        "webhook.deleted", "webhook.enabled", "webhook.disabled", "webhook.changed", "webhook.created");
        assertThat(events.getLast().path("target").toString())
                .isEqualTo(json("{'type':'webhook','id':'%s','name':null}".formatted(id)));
        assertThat(events.getLast().path("details").toString())
                .isEqualTo(json("{'origin':'http://127.0.0.1:9','types':[]}"));
        assertThat(events.get(2).path("details").path("reason").asString()).isEqualTo("requested");
        assertThat(events.toString()).doesNotContain("a-secret-path");
    }

    @Test
    void a_position_that_nobody_was_given_is_refused() {
        var path = create().header("Location");
        for (var read : List.of(path, "/api/webhooks")) {
            refused(administrator().header("Keyledger-Position", "999999999").get(read), 400, "invalid_position");
            refused(administrator().header("Keyledger-Position", "x").get(read), 400, "invalid_position");
        }
    }

    @Test
    void there_cannot_be_too_many() {
        Answer answer;
        do {
            answer = create("{'url': '%s'}".formatted(URL));
        } while (answer.status() == 201);
        refused(answer, 409, "too_many_webhooks");
        assertThat(created).hasSizeLessThanOrEqualTo(20);
    }
}
