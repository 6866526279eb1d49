package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.HistoryCheck.Logged;
import io.keyledger.server.chaos.HistoryCheck.Rule;
import io.keyledger.server.chaos.HistoryCheck.Violation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Histories made by hand: each rule finds what breaks it, and nothing else. Every token is created from 10 to 20. */
class HistoryCheckTest {

    private static final String BOTH = "tokens:read tokens:write";

    private final List<Request> requests = new ArrayList<>();
    private final List<Logged> log = new ArrayList<>();

    HistoryCheckTest() {
        change(Kind.CREATE, 10, 20, 201);
    }

    /** With the event that belongs to it, where it was acknowledged. */
    private void change(Kind kind, long begin, long end, int status) {
        change(kind, 0, "name", begin, end, status);
    }

    private void change(Kind kind, int value, String told, long begin, long end, int status) {
        var account = kind == Kind.DISABLE_ACCOUNT || kind == Kind.ENABLE_ACCOUNT;
        var subject = account ? "account" : "token";
        requests.add(new Request(kind, 0, subject, "account", value, told, begin, end, status, end));
        if (kind.event != null && status < 300 && status != History.NONE) {
            log.add(new Logged(end, subject, kind.event));
        }
    }

    private void ask(Kind kind, int value, long begin, long end, int status, @Nullable String told) {
        requests.add(new Request(kind, 1, "token", "account", value, told, begin, end, status, 0));
    }

    private void accepted(long begin, long end) {
        ask(Kind.GATEWAY, 0, begin, end, 204, BOTH);
    }

    private void refused(long begin, long end) {
        ask(Kind.GATEWAY, 0, begin, end, 401, null);
    }

    private List<Rule> broken() {
        requests.sort(java.util.Comparator.comparingLong(Request::begin));
        return HistoryCheck.check(requests, log).stream().map(Violation::rule).toList();
    }

    @Test
    void while_a_change_is_under_way_either_answer_is_right() {
        refused(12, 15);
        accepted(12, 15);
        accepted(21, 29);
        change(Kind.REVOKE, 30, 40, 204);
        accepted(35, 39);
        refused(35, 39);
        accepted(25, 50);
        refused(41, 42);
        ask(Kind.GATEWAY, 0, 41, 42, 503, null);
        ask(Kind.GATEWAY, 0, 41, 42, History.NONE, null);
        assertThat(broken()).isEmpty();
    }

    @Test
    void success_after_a_revocation_was_acknowledged_is_found() {
        change(Kind.REVOKE, 30, 40, 204);
        accepted(40, 45);
        assertThat(broken()).containsExactly(Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void success_before_a_creation_was_sent_is_found() {
        accepted(1, 2);
        assertThat(broken()).containsExactly(Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void success_after_the_account_was_disabled_is_found_by_each_way_of_asking() {
        change(Kind.DISABLE_ACCOUNT, 30, 40, 200);
        accepted(41, 45);
        ask(Kind.GATEWAY_WRITE, 0, 41, 45, 403, null);
        ask(Kind.INTROSPECTION, 0, 41, 45, 200, BOTH);
        ask(Kind.BEARER, 0, 41, 45, 200, "");
        ask(Kind.INTROSPECTION, 0, 41, 45, 200, null);
        change(Kind.ENABLE_ACCOUNT, 50, 60, 200);
        accepted(61, 62);
        assertThat(broken())
                .containsExactly(
                        Rule.ACCEPTED_THOUGH_BAD,
                        Rule.ACCEPTED_THOUGH_BAD,
                        Rule.ACCEPTED_THOUGH_BAD,
                        Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void success_while_the_token_is_disabled_is_found() {
        change(Kind.DISABLE, 30, 40, 200);
        accepted(41, 45);
        change(Kind.ENABLE, 50, 60, 200);
        accepted(61, 62);
        assertThat(broken()).containsExactly(Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void success_after_the_expiry_is_found_and_refusal_before_it() {
        change(Kind.EXPIRY, 30, 40, 200);
        refused(21, 29);
        refused(31, 32);
        accepted(31, 32);
        accepted(41, 45);
        assertThat(broken()).containsExactly(Rule.REFUSED_THOUGH_GOOD, Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void a_permission_that_was_taken_away_is_found_and_one_that_is_missing() {
        ask(Kind.GATEWAY_WRITE, 0, 21, 25, 403, null);
        change(Kind.NARROW, 30, 40, 200);
        ask(Kind.GATEWAY_WRITE, 0, 31, 35, 204, BOTH);
        ask(Kind.GATEWAY_WRITE, 0, 31, 35, 403, null);
        ask(Kind.INTROSPECTION, 0, 41, 45, 200, BOTH);
        ask(Kind.INTROSPECTION, 0, 41, 45, 200, "tokens:read");
        assertThat(broken()).containsExactly(Rule.WRONG_PERMISSION, Rule.WRONG_PERMISSION);
    }

    @Test
    void a_refusal_of_a_good_token_is_found() {
        refused(20, 25);
        ask(Kind.INTROSPECTION, 0, 20, 25, 200, null);
        assertThat(broken()).containsExactly(Rule.REFUSED_THOUGH_GOOD, Rule.REFUSED_THOUGH_GOOD);
    }

    @Test
    void a_value_ends_with_the_first_use_of_the_next_one() {
        change(Kind.ROTATE, 1, "name", 30, 40, 200);
        accepted(41, 45);
        ask(Kind.GATEWAY, 1, 50, 60, 204, BOTH);
        accepted(51, 55);
        refused(51, 55);
        refused(61, 65);
        assertThat(broken()).isEmpty();
        refused(41, 45);
        accepted(61, 65);
        assertThat(broken()).containsExactly(Rule.REFUSED_THOUGH_GOOD, Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void a_value_that_was_replaced_ends_at_once() {
        change(Kind.REPLACE, 1, "name", 30, 40, 200);
        ask(Kind.GATEWAY, 1, 41, 45, 204, BOTH);
        accepted(41, 45);
        ask(Kind.GATEWAY, 1, 46, 47, 401, null);
        assertThat(broken()).containsExactly(Rule.ACCEPTED_THOUGH_BAD, Rule.REFUSED_THOUGH_GOOD);
    }

    @Test
    void a_change_without_an_answer_may_happen_at_any_time_or_never() {
        change(Kind.DISABLE_ACCOUNT, 30, 40, History.NONE);
        accepted(1000, 1001);
        refused(1000, 1001);
        change(Kind.REVOKE, 2000, 2001, 503);
        accepted(3000, 3001);
        change(Kind.REVOKE, 4000, 4001, 204);
        assertThat(broken()).isEmpty();
        accepted(4001, 4002);
        assertThat(broken()).containsExactly(Rule.ACCEPTED_THOUGH_BAD);
    }

    @Test
    void a_repeat_of_what_may_have_happened_needs_no_event_of_its_own() {
        requests.add(new Request(Kind.REVOKE, 0, "token", "account", 0, null, 30, 40, History.NONE, 0));
        log.add(new Logged(35, "token", "token.revoked"));
        requests.add(new Request(Kind.REVOKE, 1, "token", "account", 0, null, 50, 60, 204, 999));
        assertThat(broken()).isEmpty();
        log.removeLast();
        assertThat(broken()).containsExactly(Rule.LOST);
    }

    @Test
    void what_may_be_so_already_needs_no_event() {
        requests.add(new Request(Kind.DISABLE, 0, "token", "account", 0, null, 30, 40, 503, 0));
        requests.add(new Request(Kind.ENABLE, 0, "token", "account", 0, null, 50, 60, 200, 20));
        assertThat(broken()).isEmpty();
    }

    @Test
    void a_change_that_the_log_lacks_is_found() {
        change(Kind.RENAME, 0, "other", 30, 40, 200);
        log.removeLast();
        // That it is not where it was said to be, and that there is one less.
        assertThat(broken()).containsExactly(Rule.LOST, Rule.LOST);
    }

    @Test
    void more_events_than_changes_are_found() {
        change(Kind.RENAME, 0, "other", 30, 40, 200);
        log.add(new Logged(41, "token", "token.renamed"));
        log.add(new Logged(42, "nobody asked for", "token.created"));
        assertThat(broken()).containsExactly(Rule.DOUBLED, Rule.DOUBLED);
    }

    @Test
    void an_event_that_nobody_asked_for_is_found() {
        log.add(new Logged(41, "token", "token.disabled"));
        log.add(new Logged(42, "token", "token.revoked"));
        log.add(new Logged(43, "account", "account.disabled"));
        log.add(new Logged(44, "token", "token.first-used"));
        assertThat(broken()).containsExactly(Rule.DOUBLED, Rule.DOUBLED, Rule.DOUBLED);
    }

    @Test
    void a_change_with_the_position_of_another_kind_of_event_is_found() {
        requests.add(new Request(Kind.RENAME, 0, "token", "account", 0, "other", 30, 40, 200, 41));
        log.add(new Logged(40, "token", "token.renamed"));
        log.add(new Logged(41, "token", "token.first-used"));
        assertThat(broken()).containsExactly(Rule.LOST);
    }

    @Test
    void two_changes_that_claim_one_event_are_found() {
        change(Kind.RENAME, 0, "other", 30, 40, 200);
        requests.add(new Request(Kind.RENAME, 0, "token", "account", 0, "third", 50, 60, 200, 40));
        assertThat(broken()).containsExactly(Rule.DOUBLED, Rule.LOST);
    }

    @Test
    void a_read_that_does_not_see_the_change_whose_receipt_it_has_is_found() {
        change(Kind.RENAME, 0, "other", 30, 40, 200);
        ask(Kind.READ, 0, 41, 45, 200, "other");
        ask(Kind.READ, 0, 46, 47, 200, "name");
        ask(Kind.READ, 0, 48, 49, 404, null);
        ask(Kind.READ, 0, 50, 51, 400, null);
        ask(Kind.READ, 0, 52, 53, 503, null);
        change(Kind.REVOKE, 60, 70, 204);
        ask(Kind.READ, 0, 71, 72, 200, "other");
        ask(Kind.READ, 1, 73, 74, 200, "other");
        assertThat(broken())
                .containsExactly(Rule.RECEIPT_BROKEN, Rule.RECEIPT_BROKEN, Rule.RECEIPT_BROKEN, Rule.RECEIPT_BROKEN);
    }

    @Test
    void an_answer_that_is_none_of_those_is_found() {
        ask(Kind.GATEWAY, 0, 21, 22, 500, null);
        ask(Kind.INTROSPECTION, 0, 23, 24, 401, null);
        change(Kind.RENAME, 0, "other", 30, 40, 409);
        ask(Kind.READ, 0, 41, 42, 500, null);
        assertThat(broken())
                .containsExactly(
                        Rule.UNEXPECTED_ANSWER, Rule.UNEXPECTED_ANSWER, Rule.UNEXPECTED_ANSWER, Rule.UNEXPECTED_ANSWER);
    }
}
