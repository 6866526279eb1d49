package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.texts;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code GET /api/admin/policy-rehearsal}, and {@code unusedFor} of the lists of tokens. */
class PolicyRehearsalTest {

    private static final String REHEARSAL = "/api/admin/policy-rehearsal?maxLifetime=90d";

    @Test
    void only_administrators_rehearse_and_not_by_a_token() {
        refused(anybody().get(REHEARSAL), 401, "authentication_required");
        refused(person().session().get(REHEARSAL), 403, "administrator_required");
        refused(secondAdministrator().token("tokens:read").get(REHEARSAL), 403, "person_required");
    }

    @Test
    void a_policy_is_of_days_and_not_empty() {
        for (var wrong : List.of("23h", "0d", "-90d", "90", "36501d", "ninety", "9999999999999999999d", "90d90d")) {
            for (var parameter : List.of("maxLifetime", "maxUnused")) {
                refused(
                        administrator().get("/api/admin/policy-rehearsal?" + parameter + "=" + wrong),
                        400,
                        "invalid_duration");
            }
            refused(person().session().get("/api/tokens?unusedFor=" + wrong), 400, "invalid_duration");
        }
        refused(administrator().get("/api/admin/policy-rehearsal"), 400, "policy_missing");
        refused(administrator().get("/api/admin/policy-rehearsal?maxLifetime="), 400, "policy_missing");
        refused(administrator().get(REHEARSAL + "&limit=0"), 400, "invalid_limit");
        refused(administrator().get(REHEARSAL + "&cursor=abc"), 400, "invalid_cursor");
        expect(administrator().get("/api/admin/policy-rehearsal?maxUnused=PT24H"), 200);
    }

    @Test
    void each_page_names_the_next() {
        var owner = person();
        var last = create(owner.session(), "one").answer();
        for (var name : List.of("two", "three")) {
            last = create(owner.session(), name).answer();
        }
        var first = expect(administrator().after(last).get(REHEARSAL + "&limit=1"), 200);
        var cursor = first.json().path("nextCursor").asString();
        assertThat(first.header("Link")).isEqualTo("<" + REHEARSAL + "&limit=1&cursor=" + cursor + ">; rel=\"next\"");
        var second = expect(administrator().get(REHEARSAL + "&limit=1&cursor=" + cursor), 200);

        assertThat(texts(first, "tokenId")).hasSize(1);
        assertThat(texts(second, "tokenId")).hasSize(1).doesNotContainAnyElementsOf(texts(first, "tokenId"));
        assertThat(first.json().path("total").asInt()).isGreaterThanOrEqualTo(3);
        assertThat(second.json().path("total")).isEqualTo(first.json().path("total"));
        refused(
                administrator().get("/api/admin/policy-rehearsal?maxLifetime=91d&limit=1&cursor=" + cursor),
                400,
                "invalid_cursor");
    }

    @Test
    void nothing_of_today_is_unused() {
        var owner = person();
        var created = create(owner.session(), "new").answer();
        assertThat(texts(expect(owner.session().after(created).get("/api/tokens?unusedFor=1d"), 200), "id"))
                .isEmpty();
        assertThat(texts(
                        expect(
                                administrator()
                                        .after(created)
                                        .get("/api/accounts/" + owner.accountId() + "/tokens?unusedFor=1d"),
                                200),
                        "id"))
                .isEmpty();
    }
}
