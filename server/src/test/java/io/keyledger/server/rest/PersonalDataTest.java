package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.onlyAdministrator;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code /api/account/personal-data} and {@code /api/accounts/{id}/personal-data}. */
class PersonalDataTest {

    private static final String OWN = "/api/account/personal-data";

    private static String path(String accountId) {
        return "/api/accounts/" + accountId + "/personal-data";
    }

    private static Answer eraseOwn(Client client, String email) {
        return erase(client, OWN, email);
    }

    private static Answer erase(Client client, String path, String email) {
        return client.send("DELETE", path, "application/json", json("{'email': '%s'}".formatted(email)));
    }

    @Test
    void administrators_erase_a_person_who_is_nobody_from_then_on() {
        var person = person();
        var token = create(person.session(), unique("ci"), "tokens:read");
        var link = expect(administrator().post("/api/accounts/" + person.accountId() + "/reset-link", "{}"), 201)
                .json()
                .path("secret")
                .asString();

        var erased = expect(administrator().delete(path(person.accountId())), 204);

        refused(token.use().get("/api/tokens/self"), 401, "invalid_token");
        refused(person.session().get("/api/account"), 401, "authentication_required");
        refused(person.basic().get("/api/account"), 401, "invalid_credentials");
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
        refusedFields(
                anybody().post("/api/password-reset", json("""
                    {'secret': '%s', 'newPassword': 'ten purple umbrellas', 'confirmNewPassword': 'ten purple umbrellas'}\
                    """.formatted(link))), 422, "secret=invalid_reset_link");
        var account = expect(administrator().get("/api/accounts/" + person.accountId()), 200)
                .json();
        assertThat(account.path("erased").asBoolean()).isTrue();
        assertThat(account.path("enabled").asBoolean()).isFalse();
        assertThat(account.path("email").isNull()).isTrue();
        assertThat(account.path("displayName").asString()).isEqualTo("erased");
        var then = expect(
                        administrator()
                                .get("/api/accounts/" + person.accountId() + "?asOf=" + position(token.answer())),
                        200)
                .json();
        assertThat(then.path("email").isNull()).isTrue();
        assertThat(then.path("displayName").asString()).isEqualTo("erased");
        var events = trail(administrator(), erased, "accountId=" + person.accountId());
        assertThat(types(events).subList(0, 2)).containsExactly("account.personal-data-erased", "token.revoked");
        assertThat(events.get(1).path("details").path("reason").asString()).isEqualTo("account_erased");
        assertThat(events.getFirst().path("target").path("name").asString()).isEqualTo("erased");

        // Again: nothing happens.
        var again = expect(administrator().delete(path(person.accountId())), 204);
        assertThat(types(trail(administrator(), again, "accountId=" + person.accountId())))
                .containsOnlyOnce("account.personal-data-erased");
    }

    @Test
    void nothing_about_an_erased_account_can_be_changed() {
        var person = person();
        expect(administrator().delete(path(person.accountId())), 204);

        for (var change : List.of("{'enabled': true}", "{'enabled': false}", "{'administrator': true}")) {
            refused(person.patch(change), 409, "account_erased");
        }
        var account = "/api/accounts/" + person.accountId();
        refused(administrator().post(account + "/reset-link", "{}"), 409, "account_erased");
    }

    @Test
    void the_email_address_is_free_for_a_new_account() {
        var person = person();
        expect(administrator().delete(path(person.accountId())), 204);

        var next = person(person.email());

        assertThat(next.accountId()).isNotEqualTo(person.accountId());
        expect(administrator().delete(path(next.accountId())), 204);
        person(person.email());
    }

    @Test
    void everybody_erases_themselves_by_typing_their_email() {
        var person = person();
        var token = create(person.session(), unique("ci"), "tokens:read", "tokens:write");

        refused(eraseOwn(token.use(), person.email()), 403, "person_required");
        refusedFields(eraseOwn(person.session(), "somebody@example.org"), 422, "email=other_email");
        refusedFields(eraseOwn(person.session(), ""), 422, "email=required");
        refused(anybody().delete(OWN), 401, "authentication_required");
        expect(person.session().get("/api/account"), 200);

        assertThat(position(expect(eraseOwn(person.session(), person.email().toUpperCase(java.util.Locale.ROOT)), 204)))
                .isPositive();

        refused(person.session().get("/api/account"), 401, "authentication_required");
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
        assertThat(token.status()).isEqualTo(401);
    }

    @Test
    void everybody_erases_themselves_by_their_accounts_id_as_well() {
        var person = person();
        var own = path(person.accountId());
        var token = create(person.session(), unique("ci"), "tokens:read", "tokens:write");

        refused(erase(token.use(), own, person.email()), 403, "person_required");
        refused(token.use().delete(own), 403, "person_required");
        refusedFields(erase(person.session(), own, "somebody@example.org"), 422, "email=other_email");
        refusedFields(erase(person.session(), own, ""), 422, "email=required");
        refusedFields(person.session().delete(own), 422, "email=required");
        refused(person.session().send("DELETE", own, "application/json", "{"), 400, "malformed_json");
        refused(erase(anybody(), own, person.email()), 401, "authentication_required");
        expect(person.session().get("/api/account"), 200);

        assertThat(position(expect(erase(person.session(), own, person.email()), 204)))
                .isPositive();

        refused(person.session().get("/api/account"), 401, "authentication_required");
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
        assertThat(token.status()).isEqualTo(401);
    }

    @Test
    void an_administrator_who_types_an_address_for_themselves_has_it_looked_at() {
        var administrator = secondAdministrator();
        var own = path(administrator.accountId());
        refusedFields(erase(administrator.session(), own, "somebody@example.org"), 422, "email=other_email");
        expect(administrator.session().get("/api/account"), 200);
        expect(erase(administrator.session(), own, administrator.email()), 204);
        refused(administrator.session().get("/api/account"), 401, "authentication_required");
    }

    @Test
    void others_are_erased_by_administrators_alone() {
        var person = person();
        var other = person();
        refused(other.session().delete(path(person.accountId())), 403, "administrator_required");
        refused(erase(other.session(), path(person.accountId()), person.email()), 403, "administrator_required");
        refused(erase(other.session(), path(person.accountId()), other.email()), 403, "administrator_required");
        refused(anybody().delete(path(person.accountId())), 401, "authentication_required");
        refused(administrator().delete(path("acc_unknown")), 404, "account_not_found");
    }

    @Test
    void the_last_administrator_stays() {
        var me = onlyAdministrator();
        refused(administrator().delete(path(me)), 409, "last_administrator");
        expect(administrator().get("/api/account"), 200);
    }

    @Test
    void a_service_account_is_erased_and_one_whose_owner_is_stays() {
        var owner = person();
        var accounts = IntStream.range(0, 2)
                .mapToObj(_ -> expect(
                                administrator().post("/api/accounts", json("""
                                    {'type': 'service', 'displayName': 'Builds', 'owners': ['%s']}\
                                    """.formatted(owner.accountId()))), 201)
                        .json()
                        .path("id")
                        .asString())
                .toList();
        var values = accounts.stream()
                .map(account -> Contract.issued(owner.session()
                        .post("/api/accounts/" + account + "/tokens", json("{'name': '%s'}".formatted(unique("ci"))))))
                .toList();

        expect(administrator().delete(path(accounts.getFirst())), 204);
        expect(administrator().delete(path(owner.accountId())), 204);

        assertThat(values.get(0).status()).isEqualTo(401);
        assertThat(values.get(1).status()).isEqualTo(200);
        var erased = expect(administrator().get("/api/accounts/" + accounts.get(0)), 200)
                .json();
        assertThat(erased.path("displayName").asString()).isEqualTo("erased");
        assertThat(items(erased.path("owners"))).isEmpty();
        var staying = expect(administrator().get("/api/accounts/" + accounts.get(1)), 200)
                .json();
        assertThat(staying.path("displayName").asString()).isEqualTo("Builds");
        assertThat(items(staying.path("owners"))).isEmpty();
        refused(
                administrator().put("/api/accounts/" + accounts.get(1) + "/owners/" + owner.accountId(), ""),
                422,
                "no_such_person");
    }

    @Test
    void a_download_holds_what_is_known_about_a_person() {
        var person = person();
        var browser = person.session().header("User-Agent", "Firefox/999");
        var tokens = IntStream.range(0, 3)
                .mapToObj(_ -> create(browser, unique("ci"), "tokens:read"))
                .toList();
        expect(tokens.getFirst().use().get("/api/tokens/self"), 200);
        expect(browser.delete(tokens.getLast().path()), 204);
        // More than one page of the trail.
        for (var i = 0; i < 120; i++) {
            expect(browser.patch("/api/account", json("{'displayName': 'Name %d'}".formatted(i))), 200);
        }

        var answer = expect(browser.get(OWN), 200);

        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.header("Content-Disposition"))
                .startsWith("attachment")
                .contains("personal-data.json");
        var data = answer.json();
        assertThat(fields(data)).containsExactlyInAnyOrder("position", "account", "sessions", "tokens", "auditEvents");
        assertThat(data.path("account").path("email").asString()).isEqualTo(person.email());
        assertThat(items(data.path("sessions"))).hasSize(1);
        assertThat(items(data.path("tokens")).stream()
                        .map(entry -> entry.path("token").path("id").asString()))
                .containsExactlyElementsOf(
                        tokens.stream().map(Contract.Issued::id).toList());
        assertThat(items(data.path("tokens")))
                .allSatisfy(
                        entry -> assertThat(entry.path("use").has("addresses")).isTrue());
        var events = items(data.path("auditEvents"));
        assertThat(types(events))
                .contains("account.registered", "account.signed-in", "token.revoked")
                .hasSizeGreaterThan(120);
        assertThat(ids(events)).doesNotHaveDuplicates();
        assertThat(events.stream()
                        .map(event -> event.path("origin").path("userAgent").asString("")))
                .contains("Firefox/999");
        assertThat(events.getLast().path("origin").path("ipAddress").isNull())
                .as("an administrator's address")
                .isTrue();
        refused(tokens.getFirst().use().get(OWN), 403, "person_required");
        refused(anybody().get(OWN), 401, "authentication_required");
    }

    private static List<String> ids(List<JsonNode> events) {
        return events.stream().map(event -> event.path("id").asString()).toList();
    }
}
