package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.issued;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.rest.Contract.Issued;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a product's backend does for its users, with a token that holds {@code accounts:provision}. */
class ProvisioningTest {

    private static Issued provisioner(String... more) {
        var permissions = new java.util.ArrayList<>(List.of(more));
        permissions.add("accounts:provision");
        return create(secondAdministrator().session(), unique("backend"), permissions.toArray(String[]::new));
    }

    private static String tokens(String accountId) {
        return "/api/accounts/%s/tokens".formatted(accountId);
    }

    @Test
    void it_creates_accounts_and_their_tokens_and_lists_changes_and_revokes_them() {
        var backend = provisioner(READ_INVOICES);
        Client client = backend.use();
        var email = unique("user") + "@example.org";
        var account = expect(
                client.post("/api/accounts", json("{'email': '%s', 'displayName': 'User'}".formatted(email))), 201);
        var id = account.json().path("id").asString();
        assertThat(account.json().path("resetLink").path("secret").asString()).isNotBlank();
        assertThat(texts(expect(client.get("/api/accounts?search=" + email), 200), "id"))
                .containsExactly(id);

        var token = issued(
                client.post(tokens(id), json("{'name': 'app', 'permissions': ['%s']}".formatted(READ_INVOICES))));
        assertThat(token.status()).isEqualTo(200);
        var path = tokens(id) + "/" + token.id();
        assertThat(texts(expect(client.after(token.answer()).get(tokens(id)), 200), "id"))
                .containsExactly(token.id());
        expect(client.get(path), 200);
        expect(client.patch(path, "{\"enabled\": false}"), 200);
        assertThat(token.status()).isEqualTo(401);
        expect(client.patch(path, "{\"enabled\": true}"), 200);
        expect(client.post(path + "/rotate", "{}"), 200);
        var revoked = expect(client.delete(path), 204);
        assertThat(token.status()).isEqualTo(401);
        var event = trail(administrator(), revoked, "type=token.revoked&tokenId=" + token.id())
                .getFirst();
        assertThat(event.path("actor").path("tokenId").asString()).isEqualTo(backend.id());

        var link = expect(client.post("/api/accounts/%s/reset-link".formatted(id), "{}"), 201);
        expect(
                anybody()
                        .post(
                                "/api/password-reset",
                                "{\"secret\":\"%1$s\",\"newPassword\":\"%2$s\",\"confirmNewPassword\":\"%2$s\"}"
                                        .formatted(link.json().path("secret").asString(), "nine copper kettles")),
                204);
        // From then on the account is its person's: no token takes it over.
        refused(client.post("/api/accounts/%s/reset-link".formatted(id), "{}"), 403, "password_set");
        expect(client.patch("/api/accounts/" + id, "{\"enabled\": false}"), 200);
        expect(client.patch("/api/accounts/" + id, "{\"enabled\": true}"), 200);
        assertThat(expect(client.get("/api/accounts/" + id), 200)
                        .json()
                        .path("enabled")
                        .asBoolean())
                .isTrue();
        expect(client.delete(tokens(id)), 204);
    }

    @Test
    void an_account_with_a_password_signs_in() {
        var email = unique("user") + "@example.org";
        expect(
                provisioner()
                        .use()
                        .post(
                                "/api/accounts",
                                json("{'email': '%s', 'displayName': 'User', 'password': '%s'}"
                                        .formatted(email, PASSWORD))),
                201);
        expect(signIn(anybody(), email, PASSWORD).get("/api/account"), 200);
    }

    @Test
    void it_touches_no_administrator() {
        var client = provisioner("tokens:read", "tokens:write").use();
        var administrator = secondAdministrator();
        var token = create(administrator.session(), unique("administrators"));
        var account = "/api/accounts/" + administrator.accountId();
        var path = tokens(administrator.accountId()) + "/" + token.id();
        for (var answer : List.of(
                client.get(tokens(administrator.accountId())),
                client.get(path),
                client.post(tokens(administrator.accountId()), "{\"name\": \"x\"}"),
                client.patch(path, "{\"name\": \"x\"}"),
                client.post(path + "/rotate", "{}"),
                client.post(path + "/transfer", "{\"accountId\": \"acc_x\"}"),
                client.delete(path),
                client.delete(tokens(administrator.accountId())),
                client.patch(account, "{\"enabled\": false}"),
                client.patch(account, "{}"),
                client.post(account + "/reset-link", "{}"))) {
            refused(answer, 403, "administrators_account");
        }
        assertThat(token.status()).isEqualTo(200);
        assertThat(administrator.session().get("/api/account").status()).isEqualTo(200);
    }

    @Test
    void it_makes_nobody_an_administrator_and_changes_no_password() {
        var client = provisioner().use();
        var user = person();
        var account = "/api/accounts/" + user.accountId();
        for (var value : List.of("true", "false")) {
            refused(client.patch(account, "{\"administrator\": %s}".formatted(value)), 403, "person_required");
        }
        refused(client.put("/api/account/password", "{}"), 403, "person_required");
        refused(
                client.put("/api/accounts/%s/owners/%s".formatted("acc_x", user.accountId()), ""),
                403,
                "person_required");
    }

    @Test
    void it_grants_only_what_it_holds() {
        var client = provisioner().use();
        var user = person();
        refusedFields(
                client.post(
                        tokens(user.accountId()),
                        json("{'name': 'x', 'permissions': ['%s']}".formatted(READ_INVOICES))),
                422,
                "permissions=permission_not_held");
        refusedFields(
                client.post(tokens(user.accountId()), json("{'name': 'x', 'permissions': ['accounts:provision']}")),
                422,
                "permissions=permission_not_held");
        var theirs = create(user.session(), unique("theirs"), READ_INVOICES);
        refused(
                client.post(tokens(user.accountId()) + "/" + theirs.id() + "/rotate", "{}"),
                403,
                "permission_not_held");
        assertThat(theirs.status()).isEqualTo(200);
    }

    @Test
    void a_demoted_administrators_token_provisions_no_more() {
        var second = secondAdministrator();
        var client = second.token("accounts:provision");
        expect(client.get("/api/accounts?limit=1"), 200);
        expect(second.patch("{'administrator': false}"), 200);
        refused(client.get("/api/accounts?limit=1"), 403, "permission_missing");
        refused(client.get(tokens(person().accountId())), 404, "account_not_found");
    }

    @Test
    void unknown_accounts_are_not_there() {
        var client = provisioner().use();
        for (var answer : List.of(
                client.get("/api/accounts/acc_nope"),
                client.get(tokens("acc_nope")),
                client.post(tokens("acc_nope"), "{\"name\": \"x\"}"),
                client.patch("/api/accounts/acc_nope", "{\"enabled\": true}"),
                client.post("/api/accounts/acc_nope/reset-link", "{}"))) {
            refused(answer, 404, "account_not_found");
        }
    }
}
