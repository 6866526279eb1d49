package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.ResetLinkIssued;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class IssueResetLinkTest extends AccountFixture {

    private final Instant inAnHour = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);

    @Test
    void a_link_is_made() {
        given(registered())
                .when(new IssueResetLink("acc_ada", "digest", inAnHour))
                .expectEvents(new ResetLinkIssued("acc_ada", inAnHour));

        assertThat(links.accountOf("digest")).contains("acc_ada");
        assertThat(links.accountOf("another")).isEmpty();
    }

    @Test
    void a_new_link_ends_the_one_before() {
        given(registered()).when(new IssueResetLink("acc_ada", "first", inAnHour));
        given(registered(), new ResetLinkIssued("acc_ada", inAnHour))
                .when(new IssueResetLink("acc_ada", "second", inAnHour))
                .expectEvents(new ResetLinkIssued("acc_ada", inAnHour));

        assertThat(links.accountOf("first")).isEmpty();
        assertThat(links.accountOf("second")).contains("acc_ada");
    }

    @Test
    void a_link_ends_by_the_databases_clock() {
        given(registered()).when(new IssueResetLink("acc_ada", "digest", Instant.now()));

        assertThat(links.accountOf("digest")).isEmpty();
    }

    @Test
    void a_disabled_account_stays_as_it_is() {
        given(registered(), new AccountDisabled("acc_ada"))
                .when(new IssueResetLink("acc_ada", "digest", inAnHour))
                .expectException(refused(Refusal.Conflict.class, "account_disabled"))
                .expectNoEvents();
    }
}
