package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.command.IfMatch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrantAdministratorTest extends AccountFixture {

    private static final GrantAdministrator COMMAND = new GrantAdministrator("acc_ada");

    @Test
    void an_account_becomes_an_administrator() {
        given(registered()).when(COMMAND).expectEvents(new AdministratorGranted("acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered(), new AdministratorGranted("acc_ada")).when(COMMAND).expectNoEvents();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(registered())
                .when(COMMAND, Map.of(IfMatch.METADATA, 7L))
                .expectException(refused(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
    }
}
