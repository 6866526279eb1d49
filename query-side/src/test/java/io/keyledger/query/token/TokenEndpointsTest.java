package io.keyledger.query.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.Web;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.axonframework.queryhandling.QueryGateway;
import org.junit.jupiter.api.Test;

class TokenEndpointsTest {

    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");
    private static final TokenDetails TOKEN = new TokenDetails(
            "tok_1",
            "ci",
            null,
            List.of(),
            "klt_abcd",
            TokenStatus.ACTIVE,
            NOON,
            null,
            null,
            null,
            true,
            List.of(),
            null,
            null,
            3);

    private final Web web = new Web()
            .answer(FindTokens.class, new TokenPage(List.of(TOKEN), "next"))
            .answer(GetToken.class, TOKEN)
            .answer(
                    GetAccount.class,
                    new AccountDetails(
                            "acc_bob",
                            AccountType.PERSON,
                            "bob@example.org",
                            "Bob",
                            false,
                            true,
                            false,
                            List.of(),
                            NOON,
                            null,
                            0))
            .as(Web.person("acc_ada", false, "tokens:read"));

    private static Object endpoints(QueryGateway queries) {
        return new TokenEndpoints(queries, new PermissionCatalogue(List.of()));
    }

    @Test
    void the_usual_list_leaves_out_revoked_tokens_and_begins_with_the_newest() {
        var response = web.get(TokenEndpointsTest::endpoints, "/api/tokens");

        assertThat(web.lastAsked())
                .isEqualTo(new FindTokens(
                        "acc_ada",
                        Set.of(TokenStatus.ACTIVE, TokenStatus.DISABLED, TokenStatus.EXPIRED),
                        null,
                        "-createdAt",
                        50,
                        null,
                        null));
        assertThat(response.getHeader("Link")).isEqualTo("</api/tokens?cursor=next>; rel=\"next\"");
    }

    @Test
    void every_parameter_reaches_the_query() {
        var response = web.perform(
                TokenEndpointsTest::endpoints,
                get("/api/tokens?status=active,revoked&search=ci&sort=name&limit=7&cursor=abc&unknown=x")
                        .header("Keyledger-Position", "12"));

        assertThat(web.lastAsked())
                .isEqualTo(new FindTokens(
                        "acc_ada", Set.of(TokenStatus.ACTIVE, TokenStatus.REVOKED), "ci", "name", 7, "abc", 12L));
        assertThat(response.getHeader("Link"))
                .isEqualTo(
                        "</api/tokens?status=active%2Crevoked&search=ci&sort=name&limit=7&cursor=next>; rel=\"next\"");
    }

    @Test
    void statuses_may_be_repeated_and_others_are_refused() {
        assertThat(TokenEndpoints.statuses(List.of("expired", "revoked")))
                .containsExactly(TokenStatus.EXPIRED, TokenStatus.REVOKED);
        assertThat(TokenEndpoints.statuses(List.of("")))
                .containsExactly(TokenStatus.ACTIVE, TokenStatus.DISABLED, TokenStatus.EXPIRED);
        assertThatThrownBy(() -> TokenEndpoints.statuses(List.of("Active")))
                .isInstanceOfSatisfying(
                        Refusal.Malformed.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("invalid_status"));
    }

    @Test
    void a_token_needs_the_permission_to_read_tokens() {
        web.as(Web.token("acc_ada", "tok_1", true));

        assertThat(web.refused(TokenEndpointsTest::endpoints, "/api/tokens")).isInstanceOf(Refusal.Forbidden.class);
        assertThat(web.refused(TokenEndpointsTest::endpoints, "/api/tokens/tok_1"))
                .isInstanceOf(Refusal.Forbidden.class);
        assertThat(web.as(Web.token("acc_ada", "tok_1", false, "tokens:read"))
                        .get(TokenEndpointsTest::endpoints, "/api/tokens")
                        .getStatus())
                .isEqualTo(200);
    }

    @Test
    void a_token_sees_itself_without_permission() {
        var response =
                web.as(Web.token("acc_ada", "tok_1", false)).get(TokenEndpointsTest::endpoints, "/api/tokens/self");

        assertThat(web.lastAsked()).isEqualTo(new GetToken("acc_ada", "tok_1", null));
        assertThat(response.getHeader("ETag")).isEqualTo("\"3\"");
    }

    @Test
    void without_a_token_in_use_there_is_no_self() {
        assertThat(web.refused(TokenEndpointsTest::endpoints, "/api/tokens/self")
                        .code())
                .isEqualTo("token_not_found");
    }

    @Test
    void only_administrators_list_another_accounts_tokens() {
        assertThat(web.refused(TokenEndpointsTest::endpoints, "/api/accounts/acc_bob/tokens")
                        .code())
                .isEqualTo("account_not_found");
        assertThat(web.as(Web.token("acc_ada", "tok_1", true, "tokens:read"))
                        .refused(TokenEndpointsTest::endpoints, "/api/accounts/acc_bob/tokens")
                        .code())
                .isEqualTo("account_not_found");

        var response = web.as(Web.person("acc_ada", true))
                .get(TokenEndpointsTest::endpoints, "/api/accounts/acc_bob/tokens?limit=1");

        assertThat(web.asked()).contains(new GetAccount("acc_bob", null));
        assertThat(((FindTokens) web.lastAsked()).accountId()).isEqualTo("acc_bob");
        assertThat(response.getHeader("Link"))
                .isEqualTo("</api/accounts/acc_bob/tokens?limit=1&cursor=next>; rel=\"next\"");
    }

    @Test
    void everybody_known_sees_the_permissions() throws Exception {
        assertThat(web.as(Web.token("acc_ada", "tok_1", false))
                        .get(TokenEndpointsTest::endpoints, "/api/permissions")
                        .getContentAsString())
                .startsWith("{\"items\":[{\"name\":\"tokens:read\"")
                .contains("introspect");
    }

    @Test
    void nobody_unknown_sees_anything() {
        web.as(Web.anonymous());

        for (var path : List.of(
                "/api/tokens", "/api/tokens/self", "/api/tokens/tok_1", "/api/permissions", "/api/accounts/a/tokens")) {
            assertThat(web.refused(TokenEndpointsTest::endpoints, path))
                    .as(path)
                    .isInstanceOf(Refusal.Unauthenticated.class);
        }
        assertThat(web.asked()).isEmpty();
    }
}
