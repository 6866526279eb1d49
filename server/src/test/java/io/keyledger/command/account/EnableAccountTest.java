package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.command.IfMatch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnableAccountTest extends AccountFixture {

    private static final EnableAccount COMMAND = new EnableAccount("acc_ada");

    @Test
    void a_disabled_account_works_again() {
        given(registered(), new AccountDisabled("acc_ada")).when(COMMAND).expectEvents(new AccountEnabled("acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered()).when(COMMAND).expectNoEvents();
        given(registered(), new AccountDisabled("acc_ada"), new AccountEnabled("acc_ada"))
                .when(COMMAND)
                .expectNoEvents();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(registered())
                .when(COMMAND, Map.of(IfMatch.METADATA, 7L))
                .expectException(refused(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
    }
}
