package io.keyledger.query.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.query.TestCursors;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class AccountQueriesTest {

    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestLog log = new TestLog(database);
    private final AccountQueries queries = new AccountQueries(jdbc, TestCursors.create(), log.positions());

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void an_account_is_found_by_its_id() {
        account("acc_ada", "Ada@example.org", "Ada", true, null);
        account("acc_bob", "bob@example.org", "Bob", false, NOON.plusSeconds(1));

        assertThat(queries.handle(new GetAccount("acc_ada", null)))
                .isEqualTo(new AccountDetails(
                        "acc_ada",
                        AccountType.PERSON,
                        "Ada@example.org",
                        "Ada",
                        false,
                        true,
                        false,
                        List.of(),
                        NOON,
                        null,
                        5));
        assertThat(queries.handle(new GetAccount("acc_bob", null)).passwordChangedAt())
                .isEqualTo(NOON.plusSeconds(1));
        assertThatThrownBy(() -> queries.handle(new GetAccount("acc_eve", null)))
                .isInstanceOfSatisfying(
                        Refusal.NotFound.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("account_not_found"));
    }

    @Test
    void the_list_is_in_the_order_of_addresses_and_pages_without_a_repeat_or_a_gap() {
        for (var i = 0; i < 50; i++) {
            account("acc_" + i, "%s%02d@example.org".formatted(i % 2 == 0 ? "U" : "u", (i * 7) % 50), "U", true, null);
        }
        var emails = new ArrayList<String>();
        String cursor = null;
        do {
            var page = queries.handle(new FindAccounts(null, null, null, null, 7, cursor, null));
            assertThat(page.items()).hasSizeBetween(1, 7);
            page.items()
                    .forEach(account ->
                            emails.add(Objects.requireNonNull(account.email()).toLowerCase(Locale.ROOT)));
            cursor = page.nextCursor();
        } while (cursor != null);

        assertThat(emails).hasSize(50).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void accounts_are_found_by_part_of_their_address_or_name_and_by_status() {
        account("acc_ada", "ada@example.org", "Countess", true, null);
        account("acc_bob", "bob_x@example.org", "Bob", false, null);

        assertThat(found("ADA", null)).containsExactly("acc_ada");
        assertThat(found("count", null)).containsExactly("acc_ada");
        assertThat(found("_", null)).containsExactly("acc_bob");
        assertThat(found(null, true)).containsExactly("acc_ada");
        assertThat(found(null, false)).containsExactly("acc_bob");
        assertThat(found(null, null)).containsExactly("acc_ada", "acc_bob");
        assertThat(found("example", false)).containsExactly("acc_bob");
    }

    @Test
    void service_accounts_stand_among_the_others_by_their_names_and_are_found_by_type_and_owner() {
        account("acc_ada", "ada@example.org", "Ada", true, null);
        account("acc_zoe", "zoe@example.org", "Zoe", true, null);
        service("acc_builds", "Builds", "acc_zoe", "acc_ada");
        service("acc_other", "builds");
        var services = new FindAccounts(null, null, AccountType.SERVICE, null, 100, null, null);

        assertThat(found(null, null)).containsExactly("acc_ada", "acc_builds", "acc_other", "acc_zoe");
        assertThat(found("BUILD", null)).containsExactly("acc_builds", "acc_other");
        assertThat(ids(services)).containsExactly("acc_builds", "acc_other");
        assertThat(ids(new FindAccounts(null, null, AccountType.PERSON, null, 100, null, null)))
                .containsExactly("acc_ada", "acc_zoe");
        assertThat(ids(new FindAccounts(null, null, null, "acc_ada", 100, null, null)))
                .containsExactly("acc_builds");
        var builds = queries.handle(new GetAccount("acc_builds", null));
        assertThat(builds.type()).isEqualTo(AccountType.SERVICE);
        assertThat(builds.email()).isNull();
        assertThat(builds.owners()).containsExactly("acc_ada", "acc_zoe");

        var first = queries.handle(new FindAccounts(null, null, AccountType.SERVICE, null, 1, null, null));
        assertThat(ids(new FindAccounts(null, null, AccountType.SERVICE, null, 1, first.nextCursor(), null)))
                .containsExactly("acc_other");
    }

    private List<String> ids(FindAccounts query) {
        return queries.handle(query).items().stream().map(AccountDetails::id).toList();
    }

    private void service(String id, String name, String... owners) {
        jdbc.sql("""
            insert into projection.account (account_id, display_name, administrator, enabled, service, session_epoch,
                version, created_at)
            values (?, ?, false, true, true, 0, 0, now())\
            """).params(id, name).update();
        for (var owner : owners) {
            jdbc.sql("insert into projection.account_owner (account_id, owner_id) values (?, ?)")
                    .params(id, owner)
                    .update();
        }
    }

    @Test
    void a_cursor_is_refused_for_another_filter() {
        account("acc_ada", "ada@example.org", "Ada", true, null);
        account("acc_bob", "bob@example.org", "Bob", true, null);
        var cursor = queries.handle(new FindAccounts("example", null, null, null, 1, null, null))
                .nextCursor();

        assertThat(queries.handle(new FindAccounts("example", null, null, null, 1, cursor, null))
                        .items())
                .extracting(AccountDetails::id)
                .containsExactly("acc_bob");
        for (var other : List.of(
                new FindAccounts(null, null, null, null, 1, cursor, null),
                new FindAccounts("example", true, null, null, 1, cursor, null))) {
            assertThatThrownBy(() -> queries.handle(other))
                    .isInstanceOfSatisfying(
                            Refusal.Malformed.class,
                            refusal -> assertThat(refusal.code()).isEqualTo("invalid_cursor"));
        }
    }

    @Test
    void a_position_is_checked_and_not_waited_for() {
        account("acc_ada", "ada@example.org", "Ada", true, null);
        var position = log.append("e1");

        assertThat(queries.handle(new FindAccounts(null, null, null, null, 1, null, position))
                        .items())
                .hasSize(1);
        assertThat(queries.handle(new GetAccount("acc_ada", position)).id()).isEqualTo("acc_ada");
        assertRefused(
                "invalid_position",
                () -> queries.handle(new FindAccounts(null, null, null, null, 1, null, position + 1)));
        assertRefused("invalid_position", () -> queries.handle(new GetAccount("acc_ada", position + 1)));
    }

    @Test
    void a_page_has_1_to_100_rows() {
        assertThatThrownBy(() -> queries.handle(new FindAccounts(null, null, null, null, 0, null, null)))
                .isInstanceOfSatisfying(
                        Refusal.Malformed.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("invalid_limit"));
    }

    private List<String> found(@Nullable String search, @Nullable Boolean enabled) {
        return queries.handle(new FindAccounts(search, enabled, null, null, 100, null, null)).items().stream()
                .map(AccountDetails::id)
                .toList();
    }

    private static void assertRefused(String code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.Malformed.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    private void account(String id, String email, String name, boolean enabled, @Nullable Instant passwordChangedAt) {
        jdbc.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled,
                session_epoch, version, created_at, password_changed_at)
            values (:id, :email, lower(:email), :name, false, :enabled, 0, 5, :createdAt, :passwordChangedAt)\
            """)
                .param("id", id)
                .param("email", email)
                .param("name", name)
                .param("enabled", enabled)
                .param("createdAt", NOON.atOffset(ZoneOffset.UTC))
                .param(
                        "passwordChangedAt",
                        passwordChangedAt == null ? null : passwordChangedAt.atOffset(ZoneOffset.UTC))
                .update();
    }
}
