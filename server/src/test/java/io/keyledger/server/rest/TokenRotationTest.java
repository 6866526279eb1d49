package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /api/tokens/{id}/rotate}. */
class TokenRotationTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    private static Answer rotate(Client client, Issued token, String body) {
        return client.post(token.path() + "/rotate", json(body));
    }

    private static String value(Answer rotated) {
        return expect(rotated, 200).json().path("value").asString();
    }

    private static int status(String value) {
        return Contract.anybody().token(value).get("/api/tokens/self").status();
    }

    @Test
    void the_old_value_is_good_until_the_new_one_is_used() {
        var token = create(owner.session(), unique("rotated"));
        var answer = rotate(owner.session(), token, "{}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("ETag")).isEqualTo("\"1\"");
        var rotated = answer.json();
        assertThat(Instant.parse(rotated.path("overlapEndsAt").asString()))
                .isBetween(
                        Instant.now().plus(Duration.ofHours(23)), Instant.now().plus(Duration.ofHours(25)));
        assertThat(rotated.path("id").asString()).isEqualTo(token.id());
        assertThat(rotated.path("hint").asString())
                .isNotEqualTo(token.answer().json().path("hint").asString());

        assertThat(status(token.value())).isEqualTo(200);
        assertThat(status(token.value())).isEqualTo(200);
        assertThat(status(value(answer))).isEqualTo(200);
        assertThat(status(token.value())).isEqualTo(401);

        var shown = expect(owner.session().after(answer).get(token.path()), 200).json();
        await().untilAsserted(() -> assertThat(types(trail(owner.session(), answer, "tokenId=" + token.id())))
                .contains("token.rotated", "token.value-retired", "token.first-used", "token.retired-value-used"));
        assertThat(shown.path("rotatedAt").asString()).isNotEmpty();
        assertThat(expect(owner.session().get(token.path()), 200)
                        .json()
                        .path("overlapEndsAt")
                        .isNull())
                .isTrue();
    }

    @Test
    void a_lost_answer_harms_nobody() {
        var token = create(owner.session(), unique("lost"));
        var lost = value(rotate(owner.session(), token, "{'overlap': '1h'}"));
        var arrived = value(rotate(owner.session(), token, "{'overlap': 'PT2H'}"));
        assertThat(status(token.value())).isEqualTo(200);
        assertThat(status(lost)).isEqualTo(401);
        assertThat(status(token.value())).isEqualTo(200);
        assertThat(status(arrived)).isEqualTo(200);
        assertThat(status(token.value())).isEqualTo(401);
        var third = value(rotate(owner.session(), token, "{}"));
        assertThat(status(arrived)).isEqualTo(200);
        assertThat(status(third)).isEqualTo(200);
        assertThat(status(arrived)).isEqualTo(401);
    }

    @Test
    void without_an_overlap_the_old_value_ends_at_once() {
        var token = create(owner.session(), unique("at once"));
        var rotated = rotate(owner.session(), token, "{'overlap': '0s'}");
        assertThat(rotated.json().path("overlapEndsAt").isNull()).isTrue();
        assertThat(status(token.value())).isEqualTo(401);
        assertThat(status(value(rotated))).isEqualTo(200);
    }

    @Test
    void the_end_of_the_overlap_ends_the_old_value_whether_or_not_it_was_recorded() {
        var token = create(owner.session(), unique("overlap"));
        var rotated = rotate(owner.session(), token, "{'overlap': '3s'}");
        var end = Instant.parse(rotated.json().path("overlapEndsAt").asString());
        assertThat(status(token.value())).isEqualTo(200);
        await().atMost(Duration.ofSeconds(20)).until(() -> status(token.value()) == 401);
        assertThat(Instant.now()).isAfterOrEqualTo(end.minusMillis(50));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(types(trail(owner.session(), rotated, "tokenId=" + token.id())))
                        .contains("token.value-retired"));
        assertThat(status(value(rotated))).isEqualTo(200);
    }

    @Test
    void a_retired_value_is_an_alarm_once_an_hour_with_the_address_it_came_from() {
        var token = create(owner.session(), unique("alarm"));
        var rotated = rotate(owner.session(), token, "{'overlap': '0s'}");
        IntStream.range(0, 3).forEach(_ -> assertThat(status(token.value())).isEqualTo(401));
        await().untilAsserted(() -> {
            var alarms = trail(owner.session(), rotated, "type=token.retired-value-used&tokenId=" + token.id());
            assertThat(alarms).hasSize(1);
            var alarm = alarms.getFirst();
            assertThat(alarm.path("actor").path("type").asString()).isEqualTo("anonymous");
            assertThat(alarm.path("origin").path("ipAddress").asString()).isNotEmpty();
            assertThat(alarm.path("details").path("hint").asString())
                    .isEqualTo(token.answer().json().path("hint").asString());
        });
    }

    @Test
    void many_first_uses_at_once_are_all_accepted_and_retire_once() throws Exception {
        var token = create(owner.session(), unique("crowd"));
        var rotated = rotate(owner.session(), token, "{}");
        var value = value(rotated);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var use : threads.invokeAll(IntStream.range(0, 20)
                    .<Callable<Integer>>mapToObj(_ -> () -> status(value))
                    .toList())) {
                assertThat(use.get()).isEqualTo(200);
            }
        }
        assertThat(types(trail(owner.session(), rotated, "tokenId=" + token.id())))
                .filteredOn(type -> type.equals("token.value-retired"))
                .hasSize(1);
    }

    @Test
    void a_new_end_can_be_set_with_the_new_value() {
        var token = create(owner.session(), unique("renewed"));
        var rotated = rotate(owner.session(), token, "{'expiresAt': '2999-01-01T00:00:00Z'}");
        assertThat(expect(rotated, 200).json().path("expiresAt").asString()).isEqualTo("2999-01-01T00:00:00Z");
    }

    @ParameterizedTest
    @CsvSource({"8d, out_of_range", "-1s, out_of_range", "P8D, out_of_range", "soon, invalid_duration"})
    void an_overlap_is_0_to_7_days(String overlap, String code) {
        var token = create(owner.session(), unique("out of range"));
        refused(rotate(owner.session(), token, "{'overlap': '%s'}".formatted(overlap)), 422, code);
        assertThat(status(token.value())).isEqualTo(200);
    }

    @Test
    void a_token_rotates_itself_with_the_permission_and_never_one_that_may_do_more() {
        var token = create(owner.session(), unique("self"), "tokens:write");
        var rotated = expect(token.use().post("/api/tokens/self/rotate", "{}"), 200);
        assertThat(rotated.json().path("id").asString()).isEqualTo(token.id());
        var stronger = create(owner.session(), unique("stronger"), "tokens:read", "tokens:write");
        refused(rotate(token.use(), stronger, "{}"), 403, "permission_not_held");
        refused(rotate(owner.token("tokens:read"), token, "{}"), 403, "permission_missing");
    }

    @Test
    void refusals_say_what_is_wrong() {
        var token = create(owner.session(), unique("refusals"));
        refused(rotate(Contract.anybody(), token, "{}"), 401, "authentication_required");
        refused(rotate(person().session(), token, "{}"), 404, "token_not_found");
        refused(rotate(owner.session().header("If-Match", "\"7\""), token, "{}"), 412, "version_mismatch");
        refused(rotate(owner.session(), token, "{'lap': 1}"), 400, "malformed_fields");
        expect(rotate(owner.session(), token, "{}"), 200);
        var revoked = expect(owner.session().delete(token.path()), 204);
        assertThat(expect(owner.session().after(revoked).get(token.path()), 200)
                        .json()
                        .path("overlapEndsAt")
                        .isNull())
                .isTrue();
        refused(rotate(owner.session(), token, "{}"), 409, "token_revoked");
    }
}
