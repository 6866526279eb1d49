package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** When and for what tokens are used, taking away what they do not need, and the proof of a revocation. */
class TokenUseTest {

    private static Person owner;

    /** Used to read tokens, and to create one that may read invoices. */
    private static Issued used;

    private static Issued unused;
    private static Issued revoked;

    /** Used at a gateway that says what it needs, and at one that does not. */
    private static Issued asked;

    private static Issued told;

    private static long revocation;

    @BeforeAll
    static void useTokens() {
        owner = person();
        unused = create(owner.session(), "unused", "tokens:read");
        revoked = create(owner.session(), "revoked", "tokens:read");
        used = create(owner.session(), "used", "tokens:read", "tokens:write", READ_INVOICES);
        expect(used.use().get("/api/permissions"), 200);
        expect(revoked.use().get("/api/tokens"), 200);
        revocation = position(expect(owner.session().delete(revoked.path()), 204));
        expect(revoked.use().get("/api/tokens"), 401);
        expect(revoked.use().get("/api/authenticate"), 401);
        asked = create(owner.session(), "asked", "tokens:read", READ_INVOICES);
        expect(asked.use().get("/api/authenticate?permission=" + READ_INVOICES), 204);
        told = create(owner.session(), "told", "tokens:read", READ_INVOICES);
        expect(told.use().get("/api/authenticate"), 204);
        expect(used.use().get("/api/tokens"), 200);
        awaitUse(used);
        awaitUse(revoked);
        awaitUse(told);
    }

    private static void awaitUse(Issued token) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> !use(owner.session(), token).path("lastUsedAt").isNull());
    }

    private static JsonNode use(Client client, Issued token) {
        return expect(client.get(token.path() + "/use"), 200).json();
    }

    @Test
    void a_use_is_shown_with_time_address_day_and_permissions() {
        var use = use(owner.session(), used);
        var address = items(use.path("addresses")).getFirst();
        assertThat(address.path("ipAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(address.path("uses").asLong()).isGreaterThanOrEqualTo(2);
        assertThat(items(use.path("days")).getFirst().path("day").asString()).matches("\\d{4}-\\d\\d-\\d\\d");
        assertThat(items(use.path("permissions")))
                .extracting(permission -> permission.path("name").asString())
                .containsExactly(READ_INVOICES, "tokens:read", "tokens:write");
        assertThat(use.path("unspecifiedAt").isNull()).isTrue();
        assertThat(use.path("recordedSince").asString()).isNotBlank();
    }

    @Test
    void the_last_use_is_in_the_list_in_the_token_and_in_the_answer_to_a_change() {
        var at = use(owner.session(), revoked).path("lastUsedAt").asString();
        assertThat(expect(owner.session().get(revoked.path()), 200)
                        .json()
                        .path("lastUsedAt")
                        .asString())
                .isEqualTo(at);
        assertThat(texts(owner.session().get("/api/tokens?status=active,revoked&sort=lastUsedAt"), "name"))
                .containsSubsequence("revoked", "used", "unused");
        var changed = expect(owner.session().patch(used.path(), json("{'description': 'changed'}")), 200);
        assertThat(changed.json().path("lastUsedAt").isNull()).isFalse();
    }

    @Test
    void a_token_is_narrowed_to_what_it_was_used_for() {
        var token = create(owner.session(), unique("narrow"), "tokens:read", "tokens:write", READ_INVOICES);
        refused(owner.session().post(token.path() + "/narrow", ""), 409, "permissions_unused");
        // Whoever gives away the right to read invoices needs it, though nobody else asks for it.
        create(token.use(), unique("granted"), READ_INVOICES);
        awaitUse(token);
        refused(
                owner.session().header("If-Match", "\"7\"").post(token.path() + "/narrow", ""),
                412,
                "version_mismatch");

        var narrowed = expect(
                owner.session()
                        .header("If-Match", token.answer().header("ETag"))
                        .post(token.path() + "/narrow", ""),
                200);
        assertThat(permissions(narrowed.json())).containsExactly(READ_INVOICES, "tokens:write");
        assertThat(narrowed.json().path("lastUsedAt").isNull()).isFalse();
        assertThat(narrowed.header("ETag")).isEqualTo("\"1\"");
        var again = expect(owner.session().post(token.path() + "/narrow", ""), 200);
        assertThat(again.header("ETag")).as("nothing was left to take away").isEqualTo("\"1\"");
        refused(token.use().get("/api/tokens"), 403, "permission_missing");
    }

    @Test
    void what_gateways_ask_for_stays_and_where_they_do_not_say_it_nothing_is_taken_away() {
        assertThat(permissions(expect(owner.session().post(asked.path() + "/narrow", ""), 200)
                        .json()))
                .containsExactly(READ_INVOICES);
        assertThat(use(owner.session(), told).path("unspecifiedAt").isNull()).isFalse();
        refused(owner.session().post(told.path() + "/narrow", ""), 409, "permissions_unspecified");
    }

    private static List<String> permissions(JsonNode token) {
        return items(token.path("permissions")).stream().map(JsonNode::asString).toList();
    }

    @Test
    void narrowing_needs_the_owner_and_the_permission_to_change_tokens() {
        refused(owner.session().post(revoked.path() + "/narrow", ""), 409, "token_revoked");
        refused(unused.use().post(unused.path() + "/narrow", ""), 403, "permission_missing");
        refused(person().session().post(unused.path() + "/narrow", ""), 404, "token_not_found");
        refused(administrator().post(unused.path() + "/narrow", ""), 404, "token_not_found");
        refused(owner.session().post("/api/tokens/tok_nope/narrow", ""), 404, "token_not_found");
        refused(Contract.anybody().post(unused.path() + "/narrow", ""), 401, "authentication_required");
        refused(owner.session().header("If-Match", "1").post(unused.path() + "/narrow", ""), 400, "invalid_if_match");
    }

    @Test
    void use_and_proof_are_the_owners() {
        for (var path : List.of(used.path() + "/use", revoked.path() + "/revocation")) {
            refused(person().session().get(path), 404, "token_not_found");
            refused(administrator().get(path), 404, "token_not_found");
            refused(owner.token().get(path), 403, "permission_missing");
            refused(Contract.anybody().get(path), 401, "authentication_required");
            expect(owner.token("tokens:read").get(path), 200);
            refused(owner.session().header("Keyledger-Position", "999999999").get(path), 400, "invalid_position");
        }
        refused(owner.session().get("/api/tokens/tok_nope/use"), 404, "token_not_found");
        refused(owner.session().get("/api/tokens/tok_nope/revocation"), 404, "token_not_found");
        refused(owner.session().get(used.path() + "/revocation"), 409, "token_not_revoked");
    }

    @Test
    void a_revocation_is_proven_to_the_owner_and_to_administrators() {
        var proof =
                expect(owner.session().get(revoked.path() + "/revocation"), 200).json();
        assertThat(proof.path("position").asLong()).isEqualTo(revocation);
        assertThat(proof.path("reason").asString()).isEqualTo("requested");
        assertThat(proof.path("revokedBy").path("accountId").asString()).isEqualTo(owner.accountId());
        assertThat(proof.path("revokedAt").asString())
                .isEqualTo(expect(owner.session().get(revoked.path()), 200)
                        .json()
                        .path("revokedAt")
                        .asString());
        assertThat(proof.path("lastAcceptedUse").path("ipAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(proof.path("acceptedSince").path("count").asInt()).isZero();
        assertThat(proof.path("refusedSince").path("atLeast").asInt()).isEqualTo(2);
        assertThat(items(proof.path("refusedSince").path("addresses"))
                        .getFirst()
                        .path("uses")
                        .asInt())
                .isEqualTo(2);
        assertThat(proof.path("acceptedSince").path("reason").asString()).contains("one transaction");
        assertThat(proof.path("sentence").asString()).startsWith("The token " + revoked.id() + " was revoked at ");

        var path = "/api/accounts/" + owner.accountId() + "/tokens/" + revoked.id() + "/revocation";
        assertThat(expect(administrator().get(path), 200)
                        .json()
                        .path("position")
                        .asLong())
                .isEqualTo(revocation);
        expect(owner.session().get(path), 200);
        refused(person().session().get(path), 404, "account_not_found");
        refused(Contract.anybody().get(path), 401, "authentication_required");
        refused(administrator().get(path.replace(owner.accountId(), person().accountId())), 404, "token_not_found");
    }

    @Test
    void tokens_are_accepted_at_once_while_the_table_of_uses_is_locked() throws SQLException {
        try (var lock = Contract.database().getConnection()) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("lock table state.token_use, state.token_use_day in access exclusive mode");
            var before = System.nanoTime();
            for (var i = 0; i < 20; i++) {
                expect(unused.use().get("/api/permissions"), 200);
            }
            // Whoever waited for the table would wait as long as this test asks.
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
            lock.rollback();
        }
    }
}
