package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.issued;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Service accounts: {@code POST /api/accounts}, their owners, their tokens, and tokens that move to them. */
class ServiceAccountTest {

    private static final String EVERYTHING = "'permissions': ['tokens:read', 'tokens:write']";

    private final Person owner = person();

    private static Answer register(String json) {
        return administrator().post("/api/accounts", json(json));
    }

    private static String service(Person... owners) {
        var ids = Arrays.stream(owners).map(o -> "'" + o.accountId() + "'").collect(Collectors.joining(", "));
        return expect(
                        register("{'type': 'service', 'displayName': '%s', 'owners': [%s]}"
                                .formatted(unique("Builds"), ids)),
                        201)
                .json()
                .path("id")
                .asString();
    }

    private static String tokens(String accountId) {
        return "/api/accounts/%s/tokens".formatted(accountId);
    }

    private static Answer createAt(Client client, String accountId, String more) {
        return client.post(tokens(accountId), json("{'name': '%s'%s}".formatted(unique("ci"), more)));
    }

    private static Answer transfer(Client client, String tokenPath, String accountId) {
        return client.post(tokenPath + "/transfer", json("{'accountId': '%s'}".formatted(accountId)));
    }

    private static List<String> strings(JsonNode array) {
        return items(array).stream().map(JsonNode::asString).toList();
    }

    @Test
    void administrators_make_one_with_its_owners() {
        var answer = expect(
                register("{'type': 'service', 'displayName': ' Builds ', 'owners': ['%s']}"
                        .formatted(owner.accountId())),
                201);
        var account = answer.json();
        assertThat(account.path("type").asString()).isEqualTo("service");
        assertThat(account.path("displayName").asString()).isEqualTo("Builds");
        assertThat(account.path("email").isNull()).isTrue();
        assertThat(account.path("administrator").asBoolean()).isFalse();
        assertThat(account.has("resetLink")).isFalse();
        assertThat(strings(account.path("owners"))).containsExactly(owner.accountId());
        var id = account.path("id").asString();
        assertThat(answer.header("Location")).isEqualTo("/api/accounts/" + id);
        assertThat(types(trail(administrator(), answer, "accountId=" + id)))
                .containsExactly("account.owner-added", "account.service-account-registered");
        assertThat(expect(administrator().get("/api/accounts/" + id), 200).json())
                .isEqualTo(account);
        assertThat(texts(expect(administrator().get("/api/accounts?type=service&search=builds&limit=100"), 200), "id"))
                .contains(id);
        assertThat(texts(expect(administrator().get("/api/accounts?type=person&limit=100"), 200), "id"))
                .doesNotContain(id);
        refused(administrator().get("/api/accounts?type=robot"), 400, "invalid_type");
        assertThat(texts(expect(owner.session().get("/api/account/service-accounts"), 200), "id"))
                .containsExactly(id);
        assertThat(texts(expect(person().session().get("/api/account/service-accounts"), 200), "id"))
                .isEmpty();
    }

    @Test
    void nobody_else_makes_one() {
        var body = json("{'type': 'service', 'displayName': 'x'}");
        refused(owner.session().post("/api/accounts", body), 403, "administrator_required");
        refused(anybody().post("/api/accounts", body), 401, "authentication_required");
        refused(secondAdministrator().token("accounts:provision").post("/api/accounts", body), 403, "person_required");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'type': 'service'}                                                    | 422 | displayName=required",
                "{'type': 'service', 'displayName': 'x', 'email': 'x@example.org'}      | 422 |"
                        + " email=not_for_service_accounts",
                "{'type': 'service', 'displayName': 'x', 'password': 'a long password'} | 422 |"
                        + " password=not_for_service_accounts",
                "{'type': 'service', 'displayName': 'x', 'owners': ['acc_nope']}        | 422 | owners=no_such_person",
                "{'type': 'service', 'displayName': 'x', 'owners': [null]}              | 400 | owners[0]=invalid_type",
                "{'type': 'service', 'displayName': 'x', 'owners': 'acc_nope'}          | 400 | owners=invalid_type",
                "{'email': 'x@example.org', 'displayName': 'x', 'owners': []}           | 422 |"
                        + " owners=only_for_service_accounts",
            })
    void what_is_wrong_is_told(String body, int status, String field) {
        refusedFields(register(body), status, field);
    }

    @Test
    void an_unknown_type_is_malformed() {
        expect(register("{'type': 'robot', 'displayName': 'x'}"), 400);
    }

    @Test
    void an_owner_is_an_enabled_person() {
        var service = service();
        var disabled = person();
        expect(disabled.patch("{'enabled': false}"), 200);
        for (var id : List.of(service, disabled.accountId())) {
            refused(
                    administrator().put("/api/accounts/%s/owners/%s".formatted(service, id), ""),
                    422,
                    "no_such_person");
            refusedFields(
                    register("{'type': 'service', 'displayName': 'x', 'owners': ['%s']}".formatted(id)),
                    422,
                    "owners=no_such_person");
        }
    }

    @Test
    void owners_come_and_go() {
        var service = service();
        var path = "/api/accounts/%s/owners/%s".formatted(service, owner.accountId());
        refused(owner.session().get(tokens(service)), 404, "account_not_found");
        var added = expect(administrator().put(path, ""), 204);
        expect(administrator().put(path, ""), 204);
        expect(owner.session().get(tokens(service)), 200);
        var removed = expect(administrator().delete(path), 204);
        expect(administrator().delete(path), 204);
        refused(owner.session().get(tokens(service)), 404, "account_not_found");
        assertThat(types(trail(administrator(), removed, "accountId=" + service)))
                .containsExactly("account.owner-removed", "account.owner-added", "account.service-account-registered");
        assertThat(Contract.position(removed)).isGreaterThan(Contract.position(added));

        for (var method : List.of("PUT", "DELETE")) {
            refused(owner.session().send(method, path, null, null), 403, "administrator_required");
            refused(owner.token("tokens:write").send(method, path, null, null), 403, "person_required");
            refused(anybody().send(method, path, null, null), 401, "authentication_required");
            var other = "/api/accounts/%s/owners/%s";
            refused(
                    administrator().send(method, other.formatted("acc_nope", owner.accountId()), null, null),
                    404,
                    "account_not_found");
            refused(
                    administrator().send(method, other.formatted(owner.accountId(), owner.accountId()), null, null),
                    409,
                    "not_a_service_account");
        }
        refused(
                administrator().put("/api/accounts/%s/owners/acc_nope".formatted(service), ""),
                404,
                "account_not_found");
    }

    @Test
    void nobody_signs_in_with_it() {
        var service = service(owner);
        refused(administrator().post("/api/accounts/%s/reset-link".formatted(service), "{}"), 409, "service_account");
        for (var name : List.of(service, "Builds", "")) {
            assertThat(trySignIn(anybody(), name, PASSWORD).status()).isIn(401, 422);
            assertThat(anybody().password(name, PASSWORD).get("/api/account").status())
                    .isEqualTo(401);
        }
    }

    @Test
    void it_is_not_the_administrator_that_must_stay() {
        var me = Contract.onlyAdministrator();
        var service = service();
        expect(administrator().patch("/api/accounts/" + service, "{\"administrator\": true}"), 200);
        refused(administrator().patch("/api/accounts/" + me, "{\"enabled\": false}"), 409, "last_administrator");
    }

    @Test
    void its_owners_manage_its_tokens_and_others_do_not() {
        var service = service(owner);
        var byToken = owner.token("tokens:read", "tokens:write");
        for (var client : List.of(owner.session(), owner.basic(), byToken, administrator())) {
            var created = issued(createAt(client, service, ", " + EVERYTHING));
            var path = tokens(service) + "/" + created.id();
            assertThat(created.answer().header("Location")).isEqualTo(path);
            assertThat(texts(expect(client.after(created.answer()).get(tokens(service)), 200), "id"))
                    .contains(created.id());
            var changed = expect(client.patch(path, "{\"description\": \"Nightly\"}"), 200);
            assertThat(expect(client.after(changed).get(path), 200)
                            .json()
                            .path("description")
                            .asString())
                    .isEqualTo("Nightly");
            var rotated = expect(client.post(path + "/rotate", "{}"), 200).json();
            assertThat(rotated.path("value").asString()).isNotBlank();
            // What is the service account's is nobody's own.
            refused(client.get(created.path()), 404, "token_not_found");
            refused(client.patch(created.path(), "{\"name\": \"mine\"}"), 404, "token_not_found");

            for (var stranger : List.of(person().session(), person().token("tokens:read", "tokens:write"))) {
                refused(stranger.get(tokens(service)), 404, "account_not_found");
                refused(stranger.get(path), 404, "account_not_found");
                refused(createAt(stranger, service, ""), 404, "account_not_found");
                refused(stranger.patch(path, "{\"name\": \"mine\"}"), 404, "account_not_found");
                refused(stranger.post(path + "/rotate", "{}"), 404, "account_not_found");
                refused(transfer(stranger, path, service), 404, "account_not_found");
                refused(stranger.delete(path), 404, "account_not_found");
                refused(stranger.delete(tokens(service)), 404, "account_not_found");
            }
            expect(client.delete(path), 204);
            assertThat(created.status()).isEqualTo(401);
        }
        refused(owner.token("tokens:read").delete(tokens(service)), 403, "permission_missing");
        refused(owner.token("tokens:write").get(tokens(service)), 403, "permission_missing");
        expect(owner.session().delete(tokens(service)), 204);
    }

    @Test
    void nobody_grants_what_they_or_the_account_lack() {
        var service = service(owner);
        refusedFields(
                createAt(owner.session(), service, ", 'permissions': ['audit:read']"),
                422,
                "permissions=permission_not_held");
        refusedFields(
                createAt(administrator(), service, ", 'permissions': ['audit:read']"),
                422,
                "permissions=permission_not_held");
        refusedFields(
                createAt(owner.token("tokens:write"), service, ", 'permissions': ['tokens:read']"),
                422,
                "permissions=permission_not_held");
        expect(administrator().patch("/api/accounts/" + service, "{\"administrator\": true}"), 200);
        refusedFields(
                createAt(owner.session(), service, ", 'permissions': ['audit:read']"),
                422,
                "permissions=permission_not_held");
        var auditor = issued(createAt(administrator(), service, ", 'permissions': ['audit:read']"));
        expect(auditor.use().get("/api/audit-events"), 200);
        // Its owner may end it, and not get its new value.
        var path = tokens(service) + "/" + auditor.id();
        refused(owner.session().post(path + "/rotate", "{}"), 403, "permission_not_held");
        expect(owner.session().delete(path), 204);
    }

    @Test
    void a_key_of_a_request_counts_for_the_account() {
        var service = service(owner);
        var client = owner.session().header("Idempotency-Key", unique("key"));
        var first = issued(client.post(tokens(service), "{\"name\": \"once\"}"));
        var again = expect(client.post(tokens(service), "{\"name\": \"once\"}"), 201);
        assertThat(again.json().path("id").asString()).isEqualTo(first.id());
        assertThat(again.json().has("value")).isFalse();
        assertThat(issued(client.post("/api/tokens", "{\"name\": \"once\"}")).id())
                .isNotEqualTo(first.id());
    }

    @Test
    void a_leavers_builds_go_on() {
        var leaver = person();
        var build = create(leaver.session(), unique("nightly"), "tokens:read");
        var service = service(owner);
        expect(leaver.patch("{'enabled': false}"), 200);
        assertThat(build.status()).isEqualTo(401);

        var path = tokens(leaver.accountId()) + "/" + build.id();
        var moved = expect(transfer(administrator(), path, service), 200);
        assertThat(moved.json().path("id").asString()).isEqualTo(build.id());
        assertThat(moved.header("ETag")).isEqualTo("\"1\"");
        assertThat(build.status()).isEqualTo(200);
        assertThat(texts(expect(owner.session().after(moved).get(tokens(service)), 200), "id"))
                .containsExactly(build.id());
        assertThat(texts(expect(administrator().after(moved).get(tokens(leaver.accountId())), 200), "id"))
                .isEmpty();
        refused(administrator().after(moved).get(path), 404, "token_not_found");
        expect(owner.session().post(tokens(service) + "/" + build.id() + "/rotate", "{}"), 200);

        var event = trail(administrator(), moved, "type=token.transferred&tokenId=" + build.id())
                .getFirst();
        assertThat(event.path("details").path("accountId").path("before").asString())
                .isEqualTo(leaver.accountId());
        assertThat(event.path("details").path("accountId").path("after").asString())
                .isEqualTo(service);
        expect(leaver.patch("{'enabled': true}"), 200);
        var back = Contract.signIn(anybody(), leaver.email(), PASSWORD);
        refused(back.after(moved).get(build.path()), 404, "token_not_found");
        assertThat(types(trail(back, moved, "tokenId=" + build.id())))
                .containsExactly("token.transferred", "token.created");
    }

    @Test
    void owners_move_their_own_tokens_to_their_service_accounts() {
        var service = service(owner);
        var other = service(owner);
        for (var client : List.of(owner.session(), owner.token("tokens:write"))) {
            var token = create(owner.session(), unique("mine"), "tokens:read", "tokens:write");
            expect(transfer(client, token.path(), service), 200);
            assertThat(token.status()).isEqualTo(200);
            refused(transfer(client, token.path(), service), 404, "token_not_found");
            expect(transfer(client, tokens(service) + "/" + token.id(), other), 200);
            expect(transfer(client, tokens(other) + "/" + token.id(), other), 200);
        }
        var itself = create(owner.session(), unique("itself"), "tokens:write");
        expect(transfer(itself.use(), "/api/tokens/self", service), 200);
        refused(
                transfer(
                        owner.token("tokens:read"),
                        create(owner.session(), unique("mine")).path(),
                        service),
                403,
                "permission_missing");
        refused(transfer(anybody(), itself.path(), service), 401, "authentication_required");
    }

    @Test
    void a_token_moves_only_to_an_enabled_service_account_that_one_manages() {
        var token = create(owner.session(), unique("stays"));
        var disabled = service(owner);
        expect(administrator().patch("/api/accounts/" + disabled, "{\"enabled\": false}"), 200);
        for (var target :
                List.of("acc_nope", service(), disabled, person().accountId(), owner.accountId(), token.id())) {
            refusedFields(transfer(owner.session(), token.path(), target), 422, "accountId=no_such_service_account");
        }
        refusedFields(owner.session().post(token.path() + "/transfer", "{}"), 422, "accountId=required");
        expect(owner.session().post(token.path() + "/transfer", "{\"to\": 1}"), 400);
        var service = service(owner);
        refused(transfer(owner.session().header("If-Match", "\"7\""), token.path(), service), 412, "version_mismatch");
        assertThat(owner.session().get(token.path()).status()).isEqualTo(200);

        Issued same = issued(owner.session()
                .post(
                        tokens(service),
                        json("{'name': '%s'}"
                                .formatted(token.answer().json().path("name").asString()))));
        refused(transfer(owner.session(), token.path(), service), 409, "token_name_taken");
        expect(owner.session().delete(tokens(service) + "/" + same.id()), 204);
        expect(owner.session().delete(token.path()), 204);
        refused(transfer(owner.session(), token.path(), service), 409, "token_revoked");
    }

    @Test
    void a_move_gives_a_token_no_more_than_whoever_asks_holds() {
        var former = secondAdministrator();
        var auditor = create(former.session(), unique("auditor"), "audit:read");
        expect(former.patch("{'administrator': false}"), 200);
        refused(auditor.use().get("/api/audit-events"), 403, "permission_missing");
        var service = service(former);
        expect(administrator().patch("/api/accounts/" + service, "{\"administrator\": true}"), 200);
        refused(transfer(former.session(), auditor.path(), service), 403, "permission_not_held");
        refused(auditor.use().get("/api/audit-events"), 403, "permission_missing");

        var plain = service(former);
        expect(transfer(former.session(), auditor.path(), plain), 200);
        refused(auditor.use().get("/api/audit-events"), 403, "permission_missing");
        refused(transfer(former.session(), tokens(plain) + "/" + auditor.id(), service), 403, "permission_not_held");
        expect(transfer(administrator(), tokens(plain) + "/" + auditor.id(), service), 200);
        expect(auditor.use().get("/api/audit-events"), 200);
    }

    @Test
    void a_disabled_one_is_refused_with_all_its_tokens() {
        var service = service(owner);
        var token = issued(createAt(owner.session(), service, ""));
        expect(administrator().patch("/api/accounts/" + service, "{\"enabled\": false}"), 200);
        assertThat(token.status()).isEqualTo(401);
        expect(administrator().patch("/api/accounts/" + service, "{\"enabled\": true}"), 200);
        assertThat(token.status()).isEqualTo(200);
    }
}
