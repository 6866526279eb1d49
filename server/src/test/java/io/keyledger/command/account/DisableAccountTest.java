package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.command.IfMatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DisableAccountTest extends AccountFixture {

    private static final DisableAccount DISABLE = new DisableAccount("acc_ada");

    @Test
    void an_account_is_disabled() {
        given(registered()).when(DISABLE).expectEvents(new AccountDisabled("acc_ada"));
        given(registered(), new AccountDisabled("acc_ada"), new AccountEnabled("acc_ada"))
                .when(DISABLE)
                .expectEvents(new AccountDisabled("acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered(), new AccountDisabled("acc_ada")).when(DISABLE).expectNoEvents();
    }

    @Test
    void its_link_sets_no_password_any_more() {
        links.issue("acc_ada", "digest", Instant.now().plus(Duration.ofHours(1)));

        given(registered()).when(DISABLE).expectSuccessfulHandlerExecution();

        assertThat(links.accountOf("digest")).isEmpty();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(registered(), new PasswordReset("acc_ada"))
                .when(DISABLE, Map.of(IfMatch.METADATA, 0L))
                .expectException(refused(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(registered(), new PasswordReset("acc_ada"))
                .when(DISABLE, Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }
}
