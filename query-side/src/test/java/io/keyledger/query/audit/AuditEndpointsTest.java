package io.keyledger.query.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.authentication.Caller;
import io.keyledger.query.Web;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuditEndpointsTest {

    private final Web web = new Web().answer(FindAuditEvents.class, new AuditEventPage(List.of(), "next"));

    @Test
    void a_person_sees_the_own_trail_and_administrators_all() {
        assertThat(asked(Web.person("acc_ada", false)).everything()).isFalse();
        assertThat(asked(Web.person("acc_ada", false)).readerId()).isEqualTo("acc_ada");
        assertThat(asked(Web.person("acc_ada", true)).everything()).isTrue();
        assertThat(asked(Web.person("acc_ada", false, "audit:read")).everything())
                .isTrue();
    }

    @Test
    void a_token_sees_all_or_nothing() {
        assertThat(asked(Web.token("acc_ada", "tok_1", false, "audit:read")).everything())
                .isTrue();
        assertThat(web.as(Web.token("acc_ada", "tok_1", true, "tokens:read"))
                        .refused(AuditEndpoints::new, "/api/audit-events"))
                .isInstanceOf(Refusal.Forbidden.class);
    }

    @Test
    void every_filter_reaches_the_query() {
        var response = web.as(Web.person("acc_ada", false))
                .get(
                        AuditEndpoints::new,
                        "/api/audit-events?type=token.created&tokenId=tok_1&accountId=acc_b&actor=tok_2"
                                + "&after=2026-01-01T00:00:00Z&before={before}&limit=3&cursor=abc",
                        "2026-02-01T00:00:00+01:00");

        assertThat(web.lastAsked())
                .isEqualTo(new FindAuditEvents(
                        "acc_ada",
                        false,
                        "token.created",
                        "tok_1",
                        "acc_b",
                        "tok_2",
                        Instant.parse("2026-01-01T00:00:00Z"),
                        Instant.parse("2026-01-31T23:00:00Z"),
                        3,
                        "abc",
                        null));
        assertThat(response.getHeader("Link"))
                .startsWith("</api/audit-events?type=token.created&tokenId=tok_1&accountId=acc_b&actor=tok_2&after=")
                .contains("before=2026-02-01T00%3A00%3A00%2B01%3A00")
                .endsWith("&limit=3&cursor=next>; rel=\"next\"");
    }

    @Test
    void a_malformed_instant_is_refused() {
        assertThat(web.as(Web.person("acc_ada", false))
                        .refused(AuditEndpoints::new, "/api/audit-events?after=yesterday")
                        .code())
                .isEqualTo("invalid_instant");
    }

    @Test
    void nobody_unknown_sees_anything() {
        assertThat(web.as(Web.anonymous()).refused(AuditEndpoints::new, "/api/audit-events"))
                .isInstanceOf(Refusal.Unauthenticated.class);
    }

    private FindAuditEvents asked(Caller caller) {
        web.as(caller).get(AuditEndpoints::new, "/api/audit-events");
        return (FindAuditEvents) web.lastAsked();
    }
}
