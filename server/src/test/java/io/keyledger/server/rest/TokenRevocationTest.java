package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code DELETE /api/tokens/{id}}, and administrators' {@code DELETE /api/accounts/{id}/tokens}. */
class TokenRevocationTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    @Test
    void a_revoked_token_is_refused_at_once_and_a_repeat_changes_nothing() {
        var token = create(owner.session(), unique("to revoke"));
        assertThat(token.status()).isEqualTo(200);
        var answer = expect(owner.session().delete(token.path()), 204);
        assertThat(answer.response().body()).isEmpty();
        var refusal = refused(token.use().get("/api/tokens/self"), 401, "invalid_token");
        assertThat(refusal.header("WWW-Authenticate")).contains("Bearer").contains("error=\"invalid_token\"");
        var again = expect(owner.session().delete(token.path()), 204);
        assertThat(types(trail(owner.session(), again, "tokenId=" + token.id())))
                .filteredOn(type -> !type.equals("token.first-used"))
                .containsExactly("token.revoked", "token.created");
    }

    @Test
    void a_token_ends_itself_without_any_permission() {
        var token = create(owner.session(), unique("self"));
        expect(token.use().delete("/api/tokens/self"), 204);
        refused(token.use().delete("/api/tokens/self"), 401, "invalid_token");
        var byId = create(owner.session(), unique("by id"));
        expect(byId.use().delete(byId.path()), 204);
    }

    @Test
    void a_token_ends_others_only_with_the_permission() {
        var token = create(owner.session(), unique("other"));
        refused(owner.token("tokens:read").delete(token.path()), 403, "permission_missing");
        expect(owner.token("tokens:write").delete(token.path()), 204);
    }

    @Test
    void somebody_elses_token_does_not_exist() {
        var token = create(owner.session(), unique("mine"));
        refused(person().session().delete(token.path()), 404, "token_not_found");
        refused(administrator().delete(token.path()), 404, "token_not_found");
        refused(administrator().header("If-Match", "\"77\"").delete(token.path()), 404, "token_not_found");
        refused(Contract.anybody().delete(token.path()), 401, "authentication_required");
        refused(owner.session().delete("/api/tokens/self"), 404, "token_not_found");
        assertThat(token.status()).isEqualTo(200);
    }

    @Test
    void an_unknown_id_is_404_and_so_is_one_of_another_kind() {
        for (var id : List.of("tok_nope", owner.accountId(), "%22%27", "%F0%9F%98%80", "a".repeat(5_000))) {
            refused(owner.session().delete("/api/tokens/" + id), 404, "token_not_found");
        }
    }

    @Test
    void only_the_version_in_if_match_is_revoked() {
        var token = create(owner.session(), unique("version"));
        refused(owner.session().header("If-Match", "\"7\"").delete(token.path()), 412, "version_mismatch");
        refused(owner.session().header("If-Match", "").delete(token.path()), 400, "invalid_if_match");
        assertThat(token.status()).isEqualTo(200);
        expect(owner.session().header("If-Match", token.answer().header("ETag")).delete(token.path()), 204);
    }

    @Test
    void administrators_revoke_one_token_of_an_account() {
        var token = create(owner.session(), unique("by an administrator"));
        var path = "/api/accounts/" + owner.accountId() + "/tokens/" + token.id();
        refused(person().session().delete(path), 404, "account_not_found");
        refused(owner.token("tokens:read").delete(path), 403, "permission_missing");
        refused(
                administrator().delete("/api/accounts/" + person().accountId() + "/tokens/" + token.id()),
                404,
                "token_not_found");
        refused(administrator().delete("/api/accounts/acc_nope/tokens/" + token.id()), 404, "account_not_found");
        refused(
                administrator().delete("/api/accounts/" + owner.accountId() + "/tokens/tok_nope"),
                404,
                "token_not_found");
        expect(administrator().delete(path), 204);
        assertThat(token.status()).isEqualTo(401);
        expect(administrator().delete(path), 204);
    }

    @Test
    void administrators_revoke_all_tokens_of_an_account() {
        var somebody = person();
        var tokens = IntStream.range(0, 3)
                .mapToObj(i -> create(somebody.session(), "token " + i))
                .toList();
        var untouched = create(owner.session(), unique("untouched"));
        var path = "/api/accounts/" + somebody.accountId() + "/tokens";
        refused(owner.session().delete(path), 404, "account_not_found");
        refused(administrator().delete("/api/accounts/acc_nope/tokens"), 404, "account_not_found");
        refused(
                administrator().delete("/api/accounts/" + tokens.getFirst().id() + "/tokens"),
                404,
                "account_not_found");
        var answer = expect(administrator().delete(path), 204);
        assertThat(tokens).allSatisfy(token -> assertThat(token.status()).isEqualTo(401));
        assertThat(untouched.status()).isEqualTo(200);
        assertThat(texts(expect(somebody.session().after(answer).get("/api/tokens?status=revoked"), 200), "name"))
                .hasSize(3);
        expect(administrator().delete(path), 204);
    }
}
