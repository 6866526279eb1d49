package io.keyledger.query.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.token.EndingTokens;
import io.keyledger.api.token.ExpiryNotice;
import io.keyledger.api.token.FindEndingTokens;
import io.keyledger.api.token.FindExpiryNotices;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.FindTokensBeyondPolicy;
import io.keyledger.api.token.GetPolicyRehearsal;
import io.keyledger.api.token.TokenBeyondPolicy;
import io.keyledger.api.token.TokenBeyondPolicy.Because;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.TestCursors;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.assertj.core.data.TemporalUnitWithinOffset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Which tokens a policy ends, which are unused, and whose owners are told; times are the database's. */
class ExpiryQueriesTest {

    private static final TokenPolicy LIFETIME = new TokenPolicy(Duration.ofDays(90), null);
    private static final TokenPolicy USE = new TokenPolicy(null, Duration.ofDays(60));
    private static final TemporalUnitWithinOffset A_MOMENT = new TemporalUnitWithinOffset(1, ChronoUnit.MINUTES);

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final ExpiryQueries queries =
            new ExpiryQueries(jdbc, TestCursors.create(), new TestLog(database).positions());
    private final TokenQueries lists = new TokenQueries(jdbc, TestCursors.create(), new TestLog(database).positions());
    private final Instant now = jdbc.sql("select now()")
            .query((row, _) -> row.getTimestamp(1).toInstant())
            .single();

    @BeforeEach
    void recordUsesSinceLong() {
        jdbc.sql("update state.use_recording set since = now() - interval '1000 days'")
                .update();
        account("acc_ada", "ada@example.org");
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** @param email absent: a service account */
    private void account(String accountId, @Nullable String email) {
        jdbc.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled, service,
                session_epoch, version, created_at)
            values (?, cast(? as text), cast(? as text), 'Somebody', false, true, ?, 0, 0, now())\
            """).params(accountId, email, email, email == null).update();
    }

    /** @param expires in, such as {@code 3 days}; absent: never */
    private void token(String tokenId, String accountId, String age, @Nullable String expires) {
        var times = List.of(
                "now() - interval '" + age + "'", expires == null ? "null" : "now() + interval '" + expires + "'");
        jdbc.sql("""
            insert into projection.token (token_id, account_id, name_key, permissions, expires_at, expired, revoked)
            values (?, ?, ?, '{}', %s, false, false)\
            """.formatted(times.getLast()))
                .params(tokenId, accountId, tokenId)
                .update();
        jdbc.sql("""
            insert into projection.token_value (digest, token_id, hint, state, issued_at)
            values (convert_to(?, 'UTF8'), ?, 'klt_abcd', 'current', %s)\
            """.formatted(times.getFirst())).params(tokenId, tokenId).update();
        jdbc.sql("""
            insert into projection.token_list (token_id, account_id, name, name_key, permissions, hint, created_at,
                expires_at, version)
            values (?, ?, ?, ?, '{}', 'klt_abcd', %s, %s, 0)\
            """.formatted(times.getFirst(), times.getLast()))
                .params(tokenId, accountId, "Name of " + tokenId, tokenId)
                .update();
    }

    private void token(String tokenId, String age, @Nullable String expires) {
        token(tokenId, "acc_ada", age, expires);
    }

    private void used(String tokenId, String ago) {
        jdbc.sql("insert into state.token_use (token_id, accepted_at, refused_when_revoked) values (?,"
                        + " array[now() - interval '%s'], 0)".formatted(ago))
                .param(tokenId)
                .update();
    }

    private void set(String column, String tokenId) {
        jdbc.sql("update projection.token set %s where token_id = ?".formatted(column))
                .param(tokenId)
                .update();
    }

    private List<TokenBeyondPolicy> beyond(TokenPolicy policy) {
        return queries.handle(new FindTokensBeyondPolicy(policy, 100));
    }

    private List<String> idsBeyond(TokenPolicy policy) {
        return beyond(policy).stream().map(TokenBeyondPolicy::tokenId).toList();
    }

    private Instant daysFromNow(int days) {
        return now.plus(Duration.ofDays(days));
    }

    // The longest lifetime

    @Test
    void a_lifetime_ends_what_lasts_longer_but_not_within_seven_days() {
        token("tok_old", "200 days", null);
        token("tok_old_until", "200 days", "8 days");
        token("tok_young", "10 days", null);
        token("tok_young_until", "10 days", "81 days");

        var ends = beyond(LIFETIME);

        assertThat(ends)
                .extracting(TokenBeyondPolicy::tokenId)
                .containsExactly("tok_old", "tok_old_until", "tok_young", "tok_young_until");
        assertThat(ends).extracting(TokenBeyondPolicy::because).containsOnly(Because.LIFETIME);
        assertThat(ends.getFirst().wouldEndAt()).isCloseTo(daysFromNow(7), A_MOMENT);
        assertThat(ends.getFirst().expiresAt()).isNull();
        assertThat(ends.getFirst().name()).isEqualTo("Name of tok_old");
        assertThat(ends.get(1).wouldEndAt()).isCloseTo(daysFromNow(7), A_MOMENT);
        assertThat(ends.get(1).expiresAt()).isCloseTo(daysFromNow(8), A_MOMENT);
        assertThat(ends.getLast().wouldEndAt())
                .isEqualTo(ends.getLast().issuedAt().plus(Duration.ofDays(90)));
    }

    @Test
    void a_lifetime_leaves_alone_what_ends_in_time_has_ended_or_is_revoked() {
        token("tok_soon", "200 days", "6 days");
        token("tok_in_time", "10 days", "79 days");
        token("tok_expired", "200 days", "-1 days");
        token("tok_revoked", "200 days", null);
        set("revoked = true", "tok_revoked");

        assertThat(beyond(LIFETIME)).isEmpty();
        assertThat(beyond(USE))
                .as("but unused")
                .extracting(TokenBeyondPolicy::tokenId)
                .containsExactly("tok_soon");
    }

    // Unused tokens

    @Test
    void a_token_is_unused_when_neither_made_nor_used_within_the_time() {
        token("tok_never", "61 days", null);
        token("tok_used_long_ago", "200 days", null);
        used("tok_used_long_ago", "61 days");
        token("tok_used", "200 days", null);
        used("tok_used", "59 days");
        token("tok_new", "59 days", null);
        token("tok_maybe", "60 days", null);
        token("tok_expired", "61 days", "-1 days");

        assertThat(idsBeyond(USE)).containsExactlyInAnyOrder("tok_never", "tok_used_long_ago");
        assertThat(beyond(USE)).allSatisfy(token -> {
            assertThat(token.because()).isEqualTo(Because.UNUSED);
            assertThat(token.wouldEndAt()).isCloseTo(now, A_MOMENT);
        });
        assertThat(idsBeyond(new TokenPolicy(Duration.ofDays(90), Duration.ofDays(60))))
                .containsExactlyInAnyOrder("tok_never", "tok_used_long_ago", "tok_used", "tok_new", "tok_maybe");
        assertThat(lists.handle(new FindTokens(
                                "acc_ada",
                                EnumSet.allOf(TokenStatus.class),
                                null,
                                Duration.ofDays(60),
                                "name",
                                10,
                                null,
                                null))
                        .items())
                .extracting(TokenDetails::id)
                .containsExactly("tok_expired", "tok_maybe", "tok_never", "tok_used_long_ago");
    }

    @Test
    void nothing_is_taken_for_unused_before_uses_were_recorded_or_where_some_were_missed() {
        token("tok_never", "200 days", null);
        jdbc.sql("update state.use_recording set since = now() - interval '59 days'")
                .update();
        assertThat(idsBeyond(USE)).isEmpty();

        jdbc.sql("update state.use_recording set since = now() - interval '61 days'")
                .update();
        assertThat(idsBeyond(USE)).containsExactly("tok_never");

        jdbc.sql("insert into state.use_gap values (gen_random_uuid(), now() - interval '50 days',"
                        + " now() - interval '49 days')")
                .update();
        assertThat(idsBeyond(USE)).isEmpty();
    }

    // The rehearsal

    @Test
    void a_rehearsal_names_each_token_once_page_by_page_and_counts_all() {
        account("acc_bob", "bob@example.org");
        for (var i = 0; i < 5; i++) {
            token("tok_" + i, i % 2 == 0 ? "acc_ada" : "acc_bob", "200 days", null);
        }
        var named = new ArrayList<String>();
        String cursor = null;
        do {
            var page = queries.handle(new GetPolicyRehearsal(LIFETIME, 2, cursor, null));
            assertThat(page.total()).isEqualTo(5);
            page.items().forEach(token -> named.add(token.accountId() + " " + token.tokenId()));
            cursor = page.nextCursor();
        } while (cursor != null);

        assertThat(named)
                .containsExactly("acc_ada tok_0", "acc_ada tok_2", "acc_ada tok_4", "acc_bob tok_1", "acc_bob tok_3");
        var other =
                queries.handle(new GetPolicyRehearsal(LIFETIME, 2, null, null)).nextCursor();
        assertThatThrownBy(() -> queries.handle(new GetPolicyRehearsal(USE, 2, other, null)))
                .isInstanceOf(Refusal.Malformed.class);
    }

    // Notices

    private List<ExpiryNotice> notices() {
        return queries.handle(new FindExpiryNotices(100));
    }

    @Test
    void owners_are_told_seven_days_and_one_day_before_the_end() {
        token("tok_week", "30 days", "167 hours");
        token("tok_day", "30 days", "23 hours");
        token("tok_later", "30 days", "169 hours");
        token("tok_over", "30 days", "-1 hours");

        assertThat(notices())
                .extracting(notice -> notice.tokenId() + " " + notice.daysLeft() + " " + notice.name() + " "
                        + notice.hint() + " " + notice.emails() + " " + notice.ofPerson())
                .containsExactly(
                        "tok_day 1 Name of tok_day klt_abcd [ada@example.org] true",
                        "tok_week 7 Name of tok_week klt_abcd [ada@example.org] true");
    }

    @Test
    void an_end_is_announced_once_each_time() {
        token("tok_week", "30 days", "100 hours");
        set("announced_days_left = 7", "tok_week");
        token("tok_day", "30 days", "23 hours");
        set("announced_days_left = 7", "tok_day");
        token("tok_told", "30 days", "23 hours");
        set("announced_days_left = 1", "tok_told");

        assertThat(notices()).extracting(ExpiryNotice::tokenId).containsExactly("tok_day");
    }

    @Test
    void nobody_is_told_of_an_end_that_was_as_near_when_the_value_was_made() {
        token("tok_5_days", "1 days", "4 days");
        token("tok_5_days_last", "4 days 1 hours", "23 hours");
        token("tok_12_hours", "1 hours", "11 hours");

        assertThat(notices())
                .extracting(notice -> notice.tokenId() + " " + notice.daysLeft())
                .containsExactly("tok_5_days_last 1");
    }

    @Test
    void of_what_is_not_accepted_anyway_nobody_is_told() {
        token("tok_disabled", "30 days", "3 days");
        set("disabled = true", "tok_disabled");
        token("tok_revoked", "30 days", "3 days");
        set("revoked = true", "tok_revoked");
        account("acc_left", "left@example.org");
        token("tok_left", "acc_left", "30 days", "3 days");
        jdbc.sql("update projection.account set enabled = false where account_id = 'acc_left'")
                .update();

        assertThat(notices()).isEmpty();
    }

    @Test
    void of_a_service_accounts_token_its_managers_are_told() {
        account("acc_robot", null);
        account("acc_bob", "bob@example.org");
        account("acc_left", "left@example.org");
        jdbc.sql("update projection.account set enabled = false where account_id = 'acc_left'")
                .update();
        for (var owner : List.of("acc_ada", "acc_bob", "acc_left")) {
            jdbc.sql("insert into projection.account_owner values ('acc_robot', ?)")
                    .param(owner)
                    .update();
        }
        account("acc_orphan", null);
        token("tok_robot", "acc_robot", "30 days", "3 days");
        token("tok_orphan", "acc_orphan", "30 days", "4 days");

        assertThat(notices())
                .extracting(notice -> notice.tokenId() + " " + notice.emails() + " " + notice.ofPerson())
                .containsExactly("tok_robot [ada@example.org, bob@example.org] false", "tok_orphan [] false");
    }

    @Test
    void the_pages_count_what_ends_within_seven_days_and_name_the_next_ones() {
        account("acc_bob", "bob@example.org");
        token("tok_bob", "acc_bob", "1 days", "1 days");
        token("tok_later", "1 days", "169 hours");
        token("tok_over", "1 days", "-1 hours");
        token("tok_disabled", "1 days", "1 days");
        jdbc.sql("update projection.token_list set enabled = false where token_id = 'tok_disabled'")
                .update();
        token("tok_revoked", "1 days", "1 days");
        jdbc.sql("update projection.token_list set revoked_at = now() where token_id = 'tok_revoked'")
                .update();
        assertThat(lists.handle(new FindEndingTokens("acc_ada", 2, null))).isEqualTo(new EndingTokens(List.of(), 0));

        token("tok_3", "1 days", "3 days");
        token("tok_2", "1 days", "2 days");
        token("tok_6", "1 days", "167 hours");
        var ending = lists.handle(new FindEndingTokens("acc_ada", 2, null));

        assertThat(ending.items()).extracting(TokenDetails::id).containsExactly("tok_2", "tok_3");
        assertThat(ending.total()).isEqualTo(3);
    }
}
