package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code Keyledger-Position}: what a change answers with, and a read may send; and reads that cannot be answered. */
class ReceiptTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    static List<String> reads() {
        return List.of(
                "/api/tokens",
                "/api/tokens/self",
                "/api/audit-events",
                "/api/account",
                "/api/accounts",
                "/api/accounts/%s".formatted(owner.accountId()),
                "/api/accounts/%s/tokens".formatted(owner.accountId()));
    }

    private static Answer read(String path, String position) {
        var reader = path.endsWith("self")
                ? owner.token()
                : path.startsWith("/api/accounts") ? Contract.administrator() : owner.session();
        return reader.header("Keyledger-Position", position).get(path);
    }

    @ParameterizedTest
    @MethodSource("reads")
    void every_read_takes_a_position_and_refuses_one_that_is_none(String path) {
        var head = position(create(owner.session(), unique("head")).answer());
        expect(read(path, Long.toString(head)), 200);
        expect(read(path, "0"), 200);
        for (var none : List.of("", "x", "-1", "1.5", "1e3", "1,2", "99999999999999999999")) {
            refused(read(path, none), 400, "invalid_position");
        }
    }

    @ParameterizedTest
    @MethodSource("reads")
    void a_position_beyond_the_head_is_refused_at_once(String path) {
        var quickest = Long.MAX_VALUE;
        for (var beyond : List.of("1000000000", "9223372036854775807")) {
            var start = System.nanoTime();
            refused(read(path, beyond), 400, "invalid_position");
            quickest = Math.min(quickest, System.nanoTime() - start);
        }
        // Waiting would take 2 s, each time.
        assertThat(quickest).isLessThan(1_500_000_000L);
    }

    @Test
    void two_positions_are_malformed() {
        refused(
                owner.session()
                        .header("Keyledger-Position", "1")
                        .header("Keyledger-Position", "2")
                        .get("/api/tokens"),
                400,
                "invalid_position");
    }

    @Test
    void a_read_with_the_position_of_a_change_sees_it() {
        for (var i = 0; i < 10; i++) {
            var token = create(owner.session(), unique("seen"));
            var listed = expect(owner.session().after(token.answer()).get("/api/tokens?limit=1"), 200);
            assertThat(texts(listed, "id")).containsExactly(token.id());
            var event = trail(owner.session(), token.answer(), "tokenId=" + token.id())
                    .getFirst();
            assertThat(event.path("position").asLong()).isEqualTo(position(token.answer()));
            assertThat(event.path("target").path("name").asString())
                    .isEqualTo(token.answer().json().path("name").asString());
        }
    }

    @Test
    void a_token_that_was_just_created_is_never_missing_even_without_a_position() {
        for (var i = 0; i < 20; i++) {
            var token = create(owner.session(), unique("just created"));
            expect(token.use().get("/api/tokens/self"), 200);
            expect(owner.session().get(token.path()), 200);
        }
    }

    @Test
    void every_change_answers_with_a_position_that_grows() {
        var person = person();
        var last = 0L;
        var token = create(person.session(), unique("grows"));
        for (var change : List.of(
                token.answer(),
                person.session().patch(token.path(), json("{'description': 'x'}")),
                person.session().delete(token.path()),
                person.session().patch("/api/account", json("{'displayName': 'Other'}")),
                Contract.administrator().post("/api/accounts/%s/reset-link".formatted(person.accountId()), "{}"),
                person.patch("{'enabled': false}"),
                person.patch("{'enabled': true}"))) {
            assertThat(change.status()).as("%s", change).isBetween(200, 204);
            assertThat(position(change)).isGreaterThan(last);
            last = position(change);
        }
        var nothing = expect(person.patch("{'enabled': true}"), 200);
        assertThat(position(nothing)).isGreaterThanOrEqualTo(last);
        assertThat(types(trail(
                        Contract.administrator(),
                        nothing,
                        "accountId=" + person.accountId() + "&type=account.enabled")))
                .hasSize(1);
    }

    @Test
    void a_list_that_stays_behind_is_503_and_what_needs_no_list_goes_on() throws SQLException {
        try (var connection = Contract.database().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table projection.token_list in exclusive mode");
            var token = create(owner.session(), unique("behind"));
            var trail = CompletableFuture.supplyAsync(
                    () -> owner.session().after(token.answer()).get("/api/audit-events"));
            refused(owner.session().after(token.answer()).get("/api/tokens"), 503, "position_not_reached");
            refused(trail.join(), 503, "position_not_reached");
            refused(token.use().get("/api/tokens"), 403, "permission_missing");
            expect(owner.session().get("/api/tokens"), 200);
            expect(owner.session().after(token.answer()).get("/api/account"), 200);
            connection.rollback();
        }
        var change = create(owner.session(), unique("again"));
        expect(owner.session().after(change.answer()).get("/api/tokens"), 200);
    }

    @Test
    void whether_a_token_is_good_is_never_guessed() throws SQLException {
        var token = create(owner.session(), unique("unknown"));
        try (var connection = Contract.database().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table projection.token in access exclusive mode");
            refused(token.use().get("/api/permissions"), 503, "authentication_unavailable");
            connection.rollback();
        }
        expect(token.use().get("/api/permissions"), 200);
    }
}
