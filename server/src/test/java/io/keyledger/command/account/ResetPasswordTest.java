package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.ResetPassword;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ResetPasswordTest extends AccountFixture {

    private static final ResetPassword RESET = new ResetPassword("acc_ada", "digest", SECOND);

    @Test
    void a_link_sets_the_password_once() {
        credentials.set("acc_ada", FIRST);
        issue("acc_ada", Duration.ofHours(1));

        given(registered()).when(RESET).expectEvents(new PasswordReset("acc_ada"));
        assertThat(passwordHash()).containsExactly(SECOND.encoded());

        given(registered(), new PasswordReset("acc_ada"))
                .when(new ResetPassword("acc_ada", "digest", FIRST))
                .expectException(refusedFields("secret invalid_reset_link"))
                .expectNoEvents();
        assertThat(passwordHash()).containsExactly(SECOND.encoded());
    }

    @Test
    void it_sets_a_first_password() {
        issue("acc_ada", Duration.ofHours(1));

        given(registered()).when(RESET).expectSuccessfulHandlerExecution();

        assertThat(passwordHash()).containsExactly(SECOND.encoded());
    }

    @Test
    void an_expired_link_is_refused() {
        issue("acc_ada", Duration.ZERO);

        given(registered())
                .when(RESET)
                .expectException(refusedFields("secret invalid_reset_link"))
                .expectNoEvents();
        assertThat(passwordHash()).isEmpty();
    }

    @Test
    void another_accounts_link_is_refused() {
        issue("acc_eve", Duration.ofHours(1));

        given(registered())
                .when(RESET)
                .expectException(refusedFields("secret invalid_reset_link"))
                .expectNoEvents();
        assertThat(links.accountOf("digest")).contains("acc_eve");
    }

    @Test
    void a_disabled_account_stays_as_it_is() {
        given(registered(), new AccountDisabled("acc_ada"))
                .when(RESET)
                .expectException(refused(Refusal.Conflict.class, "account_disabled"))
                .expectNoEvents();
    }

    private void issue(String accountId, Duration lifetime) {
        links.issue(accountId, "digest", Instant.now().plus(lifetime));
    }
}
