package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.command.IfMatch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChangeDisplayNameTest extends AccountFixture {

    @Test
    void an_account_gets_another_name() {
        given(registered())
                .when(new ChangeDisplayName("acc_ada", " Countess "))
                .expectEvents(new DisplayNameChanged("acc_ada", text("Ada"), text("Countess")));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered()).when(new ChangeDisplayName("acc_ada", "Ada")).expectNoEvents();
        given(registered(), new DisplayNameChanged("acc_ada", text("Ada"), text("Countess")))
                .when(new ChangeDisplayName("acc_ada", "Countess"))
                .expectNoEvents();
    }

    @Test
    void a_bad_name_is_refused() {
        given(registered())
                .when(new ChangeDisplayName("acc_ada", null))
                .expectException(refusedFields("displayName required"))
                .expectNoEvents();
        given(registered())
                .when(new ChangeDisplayName("acc_ada", "x".repeat(101)))
                .expectException(refusedFields("displayName too_long"));
        given(registered())
                .when(new ChangeDisplayName("acc_ada", "A\nda"))
                .expectException(refusedFields("displayName invalid_characters"));
    }

    @Test
    void a_disabled_account_stays_as_it_is() {
        given(registered(), new AccountDisabled("acc_ada"))
                .when(new ChangeDisplayName("acc_ada", "Countess"))
                .expectException(refused(Refusal.Conflict.class, "account_disabled"))
                .expectNoEvents();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(registered(), new PasswordReset("acc_ada"))
                .when(new ChangeDisplayName("acc_ada", "Countess"), Map.of(IfMatch.METADATA, 0L))
                .expectException(refused(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(registered(), new PasswordReset("acc_ada"))
                .when(new ChangeDisplayName("acc_ada", "Countess"), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }
}
