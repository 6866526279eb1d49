package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.EVENING;
import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.command.Refused;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CreateTokenTest {

    private static final Set<String> HELD = Set.of("tokens:read", "tokens:write", "invoices:read");

    @Test
    void a_token_is_created_and_answered() {
        given().when(create("ci", "Builds", Set.of("tokens:write", "invoices:read"), EVENING))
                .expectEvents(new TokenCreated(
                        "tok_1",
                        "acc_ada",
                        text("ci"),
                        text("Builds"),
                        List.of("invoices:read", "tokens:write"),
                        EVENING,
                        "digest",
                        "klt_abcd"))
                .expectResultMessagePayload(
                        details("ci", "Builds", List.of("invoices:read", "tokens:write"), EVENING, 0));
    }

    @Test
    void only_a_name_is_needed() {
        given().when(create("ci", null, Set.of(), null))
                .expectEvents(
                        new TokenCreated("tok_1", "acc_ada", text("ci"), null, List.of(), null, "digest", "klt_abcd"));
    }

    @Test
    void white_space_around_texts_is_dropped_and_a_blank_description_is_none() {
        given().when(create(" ci\n", " \t", Set.of(), null))
                .expectEvents(
                        new TokenCreated("tok_1", "acc_ada", text("ci"), null, List.of(), null, "digest", "klt_abcd"));
    }

    @Test
    void an_expiry_is_kept_to_the_millisecond() {
        given().when(create("ci", null, Set.of(), EVENING.plusNanos(1_999_999)))
                .expectEvents(new TokenCreated(
                        "tok_1", "acc_ada", text("ci"), null, List.of(), EVENING.plusMillis(1), "digest", "klt_abcd"));
    }

    @Test
    void the_longest_name_and_description_are_accepted() {
        given().when(create("😀".repeat(100), "x".repeat(500), Set.of(), null)).expectSuccessfulHandlerExecution();
    }

    @Test
    void a_name_is_required() {
        given().when(create(" ", null, Set.of(), null))
                .expectException(Refused.fields("name required"))
                .expectNoEvents();
        given().when(create(null, null, Set.of(), null)).expectException(Refused.fields("name required"));
    }

    @Test
    void every_field_that_is_wrong_is_told_at_once() {
        given().when(create("x".repeat(101), "x".repeat(501), Set.of("no:such", "audit:read"), NOON))
                .expectException(Refused.fields(
                        "name too_long",
                        "description too_long",
                        "permissions unknown_permission",
                        "permissions permission_not_held",
                        "expiresAt not_in_future"))
                .expectNoEvents();
    }

    @Test
    void a_name_is_one_line_and_a_description_may_be_several() {
        given().when(create("c\ni", null, Set.of(), null)).expectException(Refused.fields("name invalid_characters"));
        given().when(create("ci", "one\ntwo", Set.of(), null)).expectSuccessfulHandlerExecution();
        given().when(create("ci", "one\u0000two", Set.of(), null))
                .expectException(Refused.fields("description invalid_characters"));
    }

    @Test
    void what_one_does_not_hold_cannot_be_granted() {
        given().when(create("ci", null, Set.of("introspect"), null))
                .expectException(Refused.fields("permissions permission_not_held"))
                .expectNoEvents();
    }

    @Test
    void an_expiry_beyond_the_year_9999_is_refused() {
        given().when(create("ci", null, Set.of(), Instant.parse("9999-12-31T23:59:59.999Z")))
                .expectSuccessfulHandlerExecution();
        given().when(create("ci", null, Set.of(), Instant.MAX)).expectException(Refused.fields("expiresAt too_late"));
    }

    private static CreateToken create(String name, String description, Set<String> permissions, Instant expiresAt) {
        return new CreateToken(
                "tok_1",
                "acc_ada",
                name,
                description,
                permissions,
                expiresAt,
                List.of(),
                "digest",
                "klt_abcd",
                HELD,
                null);
    }
}
