package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.command.IfMatch;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ChangeEmailTest extends AccountFixture {

    @Test
    void an_account_gets_another_address() {
        given(registered())
                .when(new ChangeEmail("acc_ada", " ada@example.com "))
                .expectEvents(new EmailChanged("acc_ada", text("ada@example.org"), text("ada@example.com")));
    }

    @Test
    void the_address_before_is_the_last_one() {
        given(registered(), new EmailChanged("acc_ada", text("ada@example.org"), text("ada@example.com")))
                .when(new ChangeEmail("acc_ada", "ada@example.org"))
                .expectEvents(new EmailChanged("acc_ada", text("ada@example.com"), text("ada@example.org")));
    }

    @Test
    void its_case_alone_can_be_changed() {
        given(registered())
                .when(new ChangeEmail("acc_ada", "Ada@example.org"))
                .expectEvents(new EmailChanged("acc_ada", text("ada@example.org"), text("Ada@example.org")));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered()).when(new ChangeEmail("acc_ada", "ada@example.org")).expectNoEvents();
    }

    @Test
    void a_bad_address_is_refused() {
        given(registered())
                .when(new ChangeEmail("acc_ada", "ada"))
                .expectException(refusedFields("email invalid_email"))
                .expectNoEvents();
        given(registered()).when(new ChangeEmail("acc_ada", null)).expectException(refusedFields("email required"));
    }

    @Test
    void what_was_sealed_for_the_event_before_is_opened_for_the_decision() {
        var eventId = "e1";
        var sealed = keys.seal("acc_ada", eventId, "ada@example.org");
        var state = AccountState.evolve(null, new AccountRegistered("acc_ada", sealed, sealed, false), eventId);

        assertThat(Objects.requireNonNull(state.email()).open(keys.of(List.of("acc_ada")), "acc_ada"))
                .isEqualTo("ada@example.org");
    }

    @Test
    void a_disabled_account_stays_as_it_is() {
        given(registered(), new AccountDisabled("acc_ada"))
                .when(new ChangeEmail("acc_ada", "new@example.org"))
                .expectException(refused(Refusal.Conflict.class, "account_disabled"))
                .expectNoEvents();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(registered(), new PasswordReset("acc_ada"))
                .when(new ChangeEmail("acc_ada", "new@example.org"), Map.of(IfMatch.METADATA, 0L))
                .expectException(refused(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(registered(), new PasswordReset("acc_ada"))
                .when(new ChangeEmail("acc_ada", "new@example.org"), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }
}
