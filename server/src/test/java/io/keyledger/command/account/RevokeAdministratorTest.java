package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.RevokeAdministrator;
import io.keyledger.command.IfMatch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RevokeAdministratorTest extends AccountFixture {

    private static final RevokeAdministrator COMMAND = new RevokeAdministrator("acc_ada");

    @Test
    void an_account_is_no_administrator_any_more() {
        given(registered(), new AdministratorGranted("acc_ada"))
                .when(COMMAND)
                .expectEvents(new AdministratorRevoked("acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered()).when(COMMAND).expectNoEvents();
        given(registered(), new AdministratorGranted("acc_ada"), new AdministratorRevoked("acc_ada"))
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
