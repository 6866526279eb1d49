package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Changing a password, and setting it through a link. */
class PasswordTest {

    private static final String NEW = "eleven copper kettles";

    private static Answer put(Client client, String current, String replacement, String more) {
        return client.put(
                "/api/account/password",
                json("{'currentPassword': '%s', 'newPassword': '%s', 'confirmNewPassword': '%s'%s}"
                        .formatted(current, replacement, replacement, more)));
    }

    /** {@code PUT /api/account/password}. */
    @Nested
    class ChangeTest {

        private final Person me = person();

        @Test
        void the_new_password_works_and_the_old_one_does_not_from_the_answer_on() {
            var answer = expect(put(me.session(), PASSWORD, NEW, ""), 204);
            assertThat(answer.response().body()).isEmpty();
            refused(me.basic().get("/api/account"), 401, "invalid_credentials");
            refused(trySignIn(anybody(), me.email(), PASSWORD), 401, "invalid_credentials");
            var account = expect(anybody().password(me.email(), NEW).get("/api/account"), 200);
            assertThat(Instant.parse(account.json().path("passwordChangedAt").asString()))
                    .isCloseTo(Instant.now(), org.assertj.core.api.Assertions.within(1, ChronoUnit.MINUTES));
            var event =
                    trail(me.session(), answer, "type=account.password-changed").getFirst();
            assertThat(event.path("details").toString()).isEqualTo(json("{'otherSessionsEnded':true}"));
        }

        @Test
        void other_sessions_end_unless_told_otherwise_and_the_own_one_stays() {
            var other = signIn(anybody(), me.email(), PASSWORD);
            expect(put(me.session(), PASSWORD, NEW, ", 'endOtherSessions': false"), 204);
            expect(other.get("/api/account"), 200);
            expect(me.session().get("/api/account"), 200);
            expect(put(me.session(), NEW, PASSWORD, ""), 204);
            expect(other.get("/api/account"), 401);
            expect(me.session().get("/api/account"), 200);
            expect(put(me.session(), PASSWORD, NEW, ", 'endOtherSessions': null"), 204);
            expect(me.session().get("/api/account"), 200);
        }

        @Test
        void by_basic_all_sessions_are_other_ones() {
            expect(put(me.basic(), PASSWORD, NEW, ""), 204);
            expect(me.session().get("/api/account"), 401);
        }

        @Test
        void tokens_stay() {
            var token = me.token();
            expect(put(me.session(), PASSWORD, NEW, ""), 204);
            expect(token.get("/api/tokens/self"), 200);
        }

        @Test
        void the_current_password_must_be_right_and_the_new_one_another() {
            refusedFields(put(me.session(), "not this one at all", NEW, ""), 422, "currentPassword=wrong_password");
            refusedFields(put(me.session(), PASSWORD, PASSWORD, ""), 422, "newPassword=password_unchanged");
            expect(me.session().get("/api/account"), 200);
            expect(me.basic().get("/api/account"), 200);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "{}                                                | currentPassword=required,newPassword=required",
                    "{'currentPassword': '', 'newPassword': '', 'confirmNewPassword': ''} |"
                            + " currentPassword=required,newPassword=required",
                    "{'currentPassword': 'x', 'newPassword': 'eleven copper kettles', 'confirmNewPassword': 'eleven'}"
                            + " | confirmNewPassword=password_mismatch",
                    "{'currentPassword': 'x', 'newPassword': 'eleven copper kettles'} |"
                            + " confirmNewPassword=password_mismatch",
                    "{'currentPassword': 'x', 'newPassword': 'short', 'confirmNewPassword': 'short'} |"
                            + " newPassword=password_too_short",
                    "{'currentPassword': 'x', 'newPassword': '123456789012345', 'confirmNewPassword':"
                            + " '123456789012345'} | newPassword=password_too_common",
                    "{'currentPassword': 'x', 'newPassword': 'Keyledger123456', 'confirmNewPassword':"
                            + " 'Keyledger123456'} | newPassword=password_contains_own_name",
                })
        void the_rules_are_told_by_field(String body, String expected) {
            refusedFields(me.session().put("/api/account/password", json(body)), 422, expected.split(","));
        }

        @Test
        void only_a_person_changes_a_password() {
            refused(put(me.token("tokens:write"), PASSWORD, NEW, ""), 403, "person_required");
            refused(put(anybody(), PASSWORD, NEW, ""), 401, "authentication_required");
        }
    }

    private static Answer reset(String secret, String password) {
        return anybody()
                .post(
                        "/api/password-reset",
                        json("{'secret': '%s', 'newPassword': '%s', 'confirmNewPassword': '%s'}"
                                .formatted(secret, password, password)));
    }

    /** {@code POST /api/accounts/{id}/reset-link} and {@code POST /api/password-reset}. */
    @Nested
    class ResetTest {

        private final Person person = person();

        private Answer link() {
            return expect(administrator().post("/api/accounts/" + person.accountId() + "/reset-link", "{}"), 201);
        }

        private String secret() {
            return link().json().path("secret").asString();
        }

        @Test
        void a_link_is_good_for_an_hour_and_keeps_its_secret_out_of_requests_for_pages() {
            var answer = link();
            assertThat(fields(answer.json())).containsExactlyInAnyOrder("link", "secret", "expiresAt");
            assertThat(answer.header("Cache-Control")).contains("no-store");
            assertThat(answer.json().path("link").asString())
                    .isEqualTo(Contract.server().address() + "/set-password#"
                            + answer.json().path("secret").asString());
            assertThat(Instant.parse(answer.json().path("expiresAt").asString()))
                    .isCloseTo(
                            Instant.now().plus(1, ChronoUnit.HOURS),
                            org.assertj.core.api.Assertions.within(1, ChronoUnit.MINUTES));
        }

        @Test
        void a_link_sets_the_password_once_and_ends_all_sessions() {
            var token = person.token();
            var secret = secret();
            var answer = expect(reset(secret, NEW), 204);
            refused(person.session().get("/api/account"), 401, "session_ended");
            refused(person.basic().get("/api/account"), 401, "invalid_credentials");
            var session = signIn(anybody(), person.email(), NEW);
            expect(token.get("/api/tokens/self"), 200);
            refusedFields(reset(secret, PASSWORD), 422, "secret=invalid_reset_link");
            var types = types(trail(session, answer, "accountId=" + person.accountId()));
            assertThat(types).contains("account.password-reset", "account.reset-link-issued");
        }

        @Test
        void a_new_link_ends_the_one_before() {
            var first = secret();
            var second = secret();
            refusedFields(reset(first, NEW), 422, "secret=invalid_reset_link");
            expect(reset(second, NEW), 204);
        }

        @Test
        void a_changed_password_and_a_disabled_account_end_the_link() {
            var secret = secret();
            expect(put(person.session(), PASSWORD, NEW, ""), 204);
            refusedFields(reset(secret, PASSWORD), 422, "secret=invalid_reset_link");
            var another = secret();
            expect(person.patch("{'enabled': false}"), 200);
            expect(person.patch("{'enabled': true}"), 200);
            refusedFields(reset(another, PASSWORD), 422, "secret=invalid_reset_link");
        }

        @Test
        void a_refused_password_leaves_the_link_good() {
            var secret = secret();
            refusedFields(reset(secret, "short"), 422, "newPassword=password_too_short");
            refusedFields(reset(secret, PASSWORD), 422, "newPassword=password_unchanged");
            refusedFields(
                    anybody()
                            .post(
                                    "/api/password-reset",
                                    json("{'secret': '%s', 'newPassword': '%s'}".formatted(secret, NEW))),
                    422,
                    "confirmNewPassword=password_mismatch");
            expect(reset(secret, NEW), 204);
        }

        @Test
        void a_wrong_secret_says_nothing() {
            refusedFields(reset("0".repeat(30), NEW), 422, "secret=invalid_reset_link");
            refusedFields(reset("", NEW), 422, "secret=required");
            refusedFields(reset("a".repeat(10_000), NEW), 422, "secret=invalid_reset_link");
        }

        @Test
        void only_administrators_make_links() {
            var path = "/api/accounts/" + person.accountId() + "/reset-link";
            refused(person.session().post(path, "{}"), 403, "administrator_required");
            refused(person.token("tokens:write").post(path, "{}"), 403, "permission_missing");
            refused(anybody().post(path, "{}"), 401, "authentication_required");
        }
    }
}
