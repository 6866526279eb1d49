package io.keyledger.server.gateway;

import static io.keyledger.server.gateway.GatewaySite.APPROVE_INVOICES;
import static io.keyledger.server.gateway.GatewaySite.READ_INVOICES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** docs/gateways/nginx.conf, with Debian's nginx: what gets through, as whom, and what the others are told. */
@Tag("gateway")
class NginxTest {

    private final People.Person owner = GatewaySite.person();
    private final Issued token =
            People.createToken(owner.session(), GatewaySite.unique("token"), READ_INVOICES, "tokens:read");

    @Test
    void the_backend_learns_whose_token_it_is_and_what_it_may_do() {
        var reached = through(with(token).get("/reports/7?year=2026"));
        assertThat(reached.path("method").asString()).isEqualTo("GET");
        assertThat(reached.path("uri").asString()).isEqualTo("/reports/7?year=2026");
        assertIdentity(reached, READ_INVOICES, "tokens:read");
        assertThat(headers(reached)).doesNotContainKey("authorization");
    }

    @Test
    void the_backend_gets_methods_and_bodies_as_they_came() {
        var body = "{\"text\": \"%s\"}".formatted("x".repeat(500_000));
        for (var method : List.of("POST", "PUT", "PATCH", "DELETE")) {
            var reached = through(with(token).send(method, "/reports", "application/json", body));
            assertThat(reached.path("method").asString()).isEqualTo(method);
            assertThat(reached.path("body").asString()).isEqualTo(body);
            assertIdentity(reached, READ_INVOICES, "tokens:read");
        }
    }

    @Test
    void what_a_client_says_about_itself_is_replaced() {
        var liar = lying(with(token));
        assertIdentity(through(liar.get("/reports")), READ_INVOICES, "tokens:read");
        assertThat(through(liar.get("/reports")).toString()).doesNotContain("liar");
    }

    @Test
    void what_a_client_says_about_itself_is_dropped_where_keyledger_says_nothing() {
        var powerless = People.createToken(owner.session(), GatewaySite.unique("powerless"));
        var reached = through(lying(with(powerless)).get("/reports"));
        assertThat(headers(reached)).doesNotContainKey("keyledger-permissions").containsKey("keyledger-account");
        assertThat(reached.toString()).doesNotContain("liar");

        reached = through(lying(GatewaySite.client()).get("/public/price-list"));
        assertThat(headers(reached)).doesNotContainKeys("keyledger-account", "keyledger-token");
        assertThat(reached.toString()).doesNotContain("liar");
    }

    /** In spellings that one backend or another takes for the same: upper case, underscores, twice. */
    private static Client lying(Client client) {
        return client.header("Keyledger-Account", "acc_liar")
                .header("keyledger-token", "tok_liar")
                .header("KEYLEDGER-PERMISSIONS", "liar:everything")
                .header("kEYLEDGER-pERMISSIONS", "liar:more")
                .header("Keyledger_Account", "acc_liar")
                .header("Keyledger_Permissions", "liar:everything")
                .header("Keyledger.Token", "tok_liar");
    }

    @Test
    void a_request_without_a_token_is_told_what_is_missing() {
        var answer = refused(GatewaySite.client().get("/reports"), 401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer",
                "Bearer ",
                "Bearer klt_",
                "Bearer nonsense",
                "Bearer klt_000000000000000000000000000000000000",
                "Bearer klt_00000000000000000000000000000000000\u00e9",
                "Bearer a b c",
                "Negotiate abcdef",
                "Basic bm9ib2R5Om5vdGhpbmc="
            })
    void credentials_that_are_no_token_are_refused(String authorization) {
        var answer = refused(
                GatewaySite.client().header("Authorization", authorization).get("/reports"), 401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
    }

    @Test
    void a_value_with_a_right_checksum_that_never_existed_is_refused() {
        refused(GatewaySite.client().token(TokenValue.generate("klt_").reveal()).get("/reports"), 401);
    }

    @Test
    void a_long_token_is_refused_and_a_very_long_one_by_nginx_itself() {
        refused(GatewaySite.client().token("klt_" + "x".repeat(7_000)).get("/reports"), 401);
        refused(GatewaySite.client().token("klt_" + "x".repeat(100_000)).get("/reports"), 400);
    }

    @Test
    void large_headers_that_are_none_of_keyledgers_business_do_not_matter() {
        var cookies = "a=" + "x".repeat(7_000);
        through(with(token)
                .header("Cookie", cookies)
                .header("X-More", cookies)
                .header("X-Yet-More", cookies)
                .get("/reports"));
    }

    @Test
    void two_tokens_in_one_request_are_refused() {
        var other = People.createToken(owner.session(), GatewaySite.unique("other"));
        refused(with(token).token(other.value()).get("/reports"), 400);
        refused(with(token).token(token.value()).get("/reports"), 400);
    }

    @Test
    void a_token_without_the_permission_is_forbidden_and_no_query_of_the_client_changes_that() {
        through(with(token).get("/invoices/7"));
        refused(with(token).get("/invoices/approvals/7"), 403);
        refused(with(token).get("/invoices/approvals/7?permission=invoices:read"), 403);
        through(with(token).get("/invoices/7?permission=invoices:approve"));

        var approving =
                People.createToken(owner.session(), GatewaySite.unique("approving"), READ_INVOICES, APPROVE_INVOICES);
        through(with(approving).get("/invoices/approvals/7"));
        var powerless = People.createToken(owner.session(), GatewaySite.unique("powerless"));
        refused(with(powerless).get("/invoices/7"), 403);
        through(with(powerless).get("/reports"));
    }

    @Test
    void a_client_cannot_claim_to_be_where_its_token_is_for() {
        limit("203.0.113.0/24");
        refused(with(token).get("/reports"), 401);
        for (var claim : List.of(
                "203.0.113.7",
                "203.0.113.7, 127.0.0.1",
                "127.0.0.1, 203.0.113.7",
                "203.0.113.7:443",
                "::ffff:203.0.113.7",
                "203.0.113.7,".repeat(500),
                "'; drop table event.domain_event; --",
                ",")) {
            refused(claiming(claim).get("/reports"), 401);
        }
        limit("127.0.0.0/8");
        for (var claim : List.of("203.0.113.7", "unknown", ",", "\u00e9")) {
            through(claiming(claim).get("/reports"));
        }
    }

    private void limit(String addresses) {
        var answer = owner.session()
                .patch("/api/tokens/" + token.id(), "{\"allowedAddresses\": [\"%s\"]}".formatted(addresses));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    }

    private Client claiming(String address) {
        return with(token)
                .header("X-Forwarded-For", address)
                .header("X-Real-IP", address)
                .header("Forwarded", "for=" + address);
    }

    @Test
    void the_trail_says_what_was_asked_for_and_from_where_as_nginx_saw_it() {
        through(claiming("203.0.113.7")
                .header("X-Original-URI", "/made-up")
                .header("X-Original-Method", "MADE")
                .header("X-Forwarded-Uri", "/made-up")
                .send("POST", "/reports/7?secret=hidden", "text/plain", "body"));
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            var events = owner.session()
                    .get("/api/audit-events?type=token.first-used&tokenId=" + token.id())
                    .json()
                    .path("items");
            assertThat(events).hasSize(1);
            assertThat(events.path(0).path("origin").path("ipAddress").asString())
                    .isEqualTo("127.0.0.1");
            assertThat(events.path(0).path("details").toString())
                    .contains("POST /reports/7")
                    .doesNotContain("hidden");
        });
    }

    @Test
    void the_way_to_keyledger_is_not_for_clients() {
        for (var path :
                List.of("/_keyledger/", "/_keyledger/permission=invoices:read", "//_keyledger/", "/%5Fkeyledger/")) {
            assertThat(with(token).get(path).status()).as(path).isEqualTo(404);
        }
    }

    @Test
    void a_revoked_token_is_refused_from_the_next_request_on() {
        for (var i = 0; i < 20; i++) {
            var next = People.createToken(owner.session(), GatewaySite.unique("next"));
            through(with(next).get("/reports"));
            assertThat(owner.session().delete("/api/tokens/" + next.id()).status())
                    .isEqualTo(204);
            refused(with(next).get("/reports"), 401);
        }
    }

    @Test
    void a_token_that_was_refused_before_it_existed_is_not_remembered_so() {
        refused(GatewaySite.client().token(TokenValue.generate("klt_").reveal()).get("/reports"), 401);
        for (var i = 0; i < 20; i++) {
            through(with(People.createToken(owner.session(), GatewaySite.unique("new")))
                    .get("/reports"));
        }
    }

    @Test
    void a_backends_own_failure_stays_its_own() {
        var answer = with(token).get("/broken");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.json().path("uri").asString()).isEqualTo("/broken");
    }

    @Test
    void nobody_gets_through_while_keyledger_cannot_ask_its_database() {
        through(with(token).get("/reports"));
        GatewaySite.withoutDatabase(() -> {
            var answer = refused(with(token).get("/reports"), 503);
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            through(GatewaySite.client().get("/public/price-list"));
        });
        through(with(token).get("/reports"));
    }

    @Test
    void nobody_gets_through_while_keyledger_is_not_there() throws IOException {
        var nowhere = URI.create("http://127.0.0.1:" + closedPort());
        try (var nginx = Nginx.start(nowhere, GatewaySite.backend().address())) {
            var answer =
                    refused(new Client(nginx.address()).token(token.value()).get("/reports"), 503);
            assertThat(answer.header("Retry-After")).isEqualTo("5");
        }
    }

    private static int closedPort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Client with(Issued token) {
        return GatewaySite.client().token(token.value());
    }

    /** What reached the backend. */
    private static JsonNode through(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return answer.json();
    }

    /** Nothing of it came from the backend. */
    private static Answer refused(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertThat(answer.header("Content-Type")).as("%s", answer).isNotEqualTo("application/json");
        return answer;
    }

    private void assertIdentity(JsonNode reached, String... permissions) {
        var headers = headers(reached);
        assertThat(headers.get("keyledger-account")).containsExactly(owner.accountId());
        assertThat(headers.get("keyledger-token")).containsExactly(token.id());
        assertThat(headers.get("keyledger-permissions")).hasSize(1);
        assertThat(headers.get("keyledger-permissions").getFirst().split(" ")).containsExactlyInAnyOrder(permissions);
    }

    /** By their names in lower case, as they came: two that differ in case only are two. */
    private static Map<String, List<String>> headers(JsonNode reached) {
        var headers = new TreeMap<String, List<String>>();
        reached.path("headers")
                .properties()
                .forEach(header -> headers.put(
                        header.getKey().toLowerCase(Locale.ROOT),
                        header.getValue().valueStream().map(JsonNode::asString).toList()));
        return headers;
    }
}
