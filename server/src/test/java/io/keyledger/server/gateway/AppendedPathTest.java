package io.keyledger.server.gateway;

import static io.keyledger.server.gateway.GatewaySite.READ_INVOICES;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.People;
import io.keyledger.server.rest.RawHttp;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Envoy asks: at /api/authenticate with the path and query of its client's request appended, whatever they are, by
 * the method of that request. It lets 200 through, and nothing else.
 */
class AppendedPathTest {

    private static final RawHttp KEYLEDGER = new RawHttp(GatewaySite.keyledger().address());

    private static String token;

    @BeforeAll
    static void create() {
        token = People.createToken(GatewaySite.person().session(), GatewaySite.unique("token"), READ_INVOICES)
                .value();
    }

    @Test
    void a_permission_stands_before_the_path() {
        var ask = "/api/authenticate/?permission=%s&path=/invoices/7?year=2026";
        assertThat(good("GET " + ask.formatted("invoices:read")).status()).isEqualTo(200);
        assertThat(good("GET " + ask.formatted("invoices:approve")).status()).isEqualTo(403);
        // One that a client adds can only be missing, too.
        assertThat(good("GET " + ask.formatted("invoices:read") + "&permission").status())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/authenticate/",
                "GET /api/authenticate/invoices/7?year=2026",
                "POST /api/authenticate/invoices",
                "DELETE /api/authenticate/invoices/7",
                "PROPFIND /api/authenticate/invoices",
                "GET /api/authenticate/;jsessionid=1",
                "GET /api/authenticate//invoices//7",
                "GET /api/authenticate/invoices/%0a%0d%zz",
                // What these lead to answers 200 to anybody, or would to this token.
                "GET /api/authenticate/../../actuator/health",
                "GET /api/authenticate/%2e%2e/%2e%2e/actuator/health",
                "GET /api/authenticate/..;/..;/actuator/health",
                "GET /api/authenticate/..%2f..%2factuator/health",
                "GET /api/authenticate/..\\..\\actuator\\health",
                "GET /api/authenticate/../../actuator/health/../../api/authenticate/x",
                "GET /api/authenticate/../../sign-in",
                "GET /api/authenticate/../tokens/self"
            })
    void nobody_gets_through_without_a_token_whatever_the_path(String ask) {
        var nobody = KEYLEDGER.send(ask + " HTTP/1.1");
        // 400 is for what is no HTTP, which Envoy passes on as it does 401.
        assertThat(nobody.status()).as(nobody.headers()).isIn(400, 401);
        assertThat(nobody.header("Keyledger-Account")).isEmpty();
        // Paths that only an attacker sends may be refused to everybody.
        var somebody = good(ask);
        assertThat(somebody.status()).as(somebody.headers()).isIn(200, 400, 401);
        if (somebody.status() == 200) {
            assertThat(somebody.header("Keyledger-Account")).isNotEmpty();
        }
    }

    @Test
    void a_path_appended_is_answered_by_200_and_none_by_204() {
        assertThat(good("POST /api/authenticate/invoices/7?year=2026").status()).isEqualTo(200);
        assertThat(good("POST /api/authenticate?permission=invoices:read").status())
                .isEqualTo(204);
    }

    private static RawHttp.Answer good(String ask) {
        return KEYLEDGER.send(ask + " HTTP/1.1", "Authorization: Bearer " + token);
    }
}
