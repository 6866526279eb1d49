package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordHash;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChangePasswordTest extends AccountFixture {

    private static final ChangePassword CHANGE = new ChangePassword("acc_ada", FIRST, SECOND, true);

    @BeforeEach
    void set_a_password() {
        credentials.set("acc_ada", FIRST);
    }

    @Test
    void the_password_is_replaced_and_the_new_epoch_answered() {
        given(registered())
                .when(CHANGE)
                .expectEvents(new PasswordChanged("acc_ada", true))
                .expectResultMessagePayload(1L);

        assertThat(passwordHash()).containsExactly(SECOND.encoded());
    }

    @Test
    void other_sessions_may_go_on() {
        given(registered())
                .when(new ChangePassword("acc_ada", FIRST, SECOND, false))
                .expectEvents(new PasswordChanged("acc_ada", false));
    }

    @Test
    void a_password_that_was_replaced_meanwhile_replaces_nothing() {
        credentials.set("acc_ada", SECOND);

        given(registered())
                .when(new ChangePassword("acc_ada", FIRST, new PasswordHash("third"), true))
                .expectException(refusedFields("currentPassword wrong_password"))
                .expectNoEvents();
        assertThat(passwordHash()).containsExactly(SECOND.encoded());
    }

    @Test
    void a_link_that_was_made_before_sets_no_password_any_more() {
        links.issue("acc_ada", "digest", Instant.now().plus(Duration.ofHours(1)));

        given(registered()).when(CHANGE).expectSuccessfulHandlerExecution();

        assertThat(links.accountOf("digest")).isEmpty();
    }

    @Test
    void a_disabled_account_stays_as_it_is() {
        given(registered(), new AccountDisabled("acc_ada"))
                .when(CHANGE)
                .expectException(refused(Refusal.Conflict.class, "account_disabled"))
                .expectNoEvents();
    }
}
