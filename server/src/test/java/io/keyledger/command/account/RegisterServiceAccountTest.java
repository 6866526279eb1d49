package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.RegisterServiceAccount;
import io.keyledger.api.account.ResetPassword;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegisterServiceAccountTest extends AccountFixture {

    @Test
    void an_account_for_programs_is_made_with_its_data_key() {
        given().when(new RegisterServiceAccount("acc_ada", " Builds ")).expectEvents(serviceRegistered());

        var keyring = keys.of(List.of("acc_ada"));
        assertThat(keyring.open("acc_ada", "e1", keyring.seal("acc_ada", "e1", "Builds")))
                .isEqualTo("Builds");
        assertThat(passwordHash()).isEmpty();
    }

    @Test
    void it_has_a_name() {
        given().when(new RegisterServiceAccount("acc_ada", null))
                .expectException(refusedFields("displayName required"))
                .expectNoEvents();
        given().when(new RegisterServiceAccount("acc_ada", "x".repeat(101)))
                .expectException(refusedFields("displayName too_long"));
    }

    @Test
    void nothing_gives_it_a_password_or_an_address() {
        for (var command : List.of(
                new ChangePassword("acc_ada", FIRST, SECOND, true),
                new IssueResetLink("acc_ada", "digest", Instant.EPOCH),
                new ResetPassword("acc_ada", "digest", FIRST),
                new ChangeEmail("acc_ada", "ada@example.org"))) {
            given(serviceRegistered())
                    .when(command)
                    .expectException(refused(Refusal.Conflict.class, "service_account"))
                    .expectNoEvents();
        }
    }

    @Test
    void its_status_changes_as_every_accounts() {
        given(serviceRegistered()).when(new DisableAccount("acc_ada")).expectEvents(new AccountDisabled("acc_ada"));
        given(serviceRegistered(), new AccountDisabled("acc_ada"))
                .when(new EnableAccount("acc_ada"))
                .expectEvents(new AccountEnabled("acc_ada"));
        given(serviceRegistered())
                .when(new GrantAdministrator("acc_ada"))
                .expectEvents(new AdministratorGranted("acc_ada"));
    }
}
