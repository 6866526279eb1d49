package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountCommand;
import io.keyledger.api.account.AddAccountOwner;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.ErasePersonalData;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.RemoveAccountOwner;
import io.keyledger.api.account.ResetPassword;
import io.keyledger.api.account.RevokeAdministrator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ErasePersonalDataTest extends AccountFixture {

    private static final ErasePersonalData ERASE = new ErasePersonalData("acc_ada");

    @Test
    void an_account_is_erased_and_what_was_sealed_for_it_opens_no_more() {
        var sealed = keys.seal("acc_ada", "event", "Ada");

        given(registered()).when(ERASE).expectEvents(new PersonalDataErased("acc_ada"));

        var keyring = keys.of(List.of("acc_ada"));
        assertThat(keyring.open("acc_ada", "event", sealed)).isEqualTo(PersonalDataKeys.ERASED);
        assertThat(keyring.isErased("acc_ada")).isTrue();
    }

    @Test
    void a_service_account_is_erased_too() {
        keys.create("acc_ada");
        given(serviceRegistered()).when(ERASE).expectEvents(new PersonalDataErased("acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(registered(), new PersonalDataErased("acc_ada")).when(ERASE).expectNoEvents();
    }

    @Test
    void what_is_kept_beside_the_events_is_forgotten() {
        keys.create("acc_ada");
        credentials.set("acc_ada", FIRST);
        links.issue("acc_ada", "digest", Instant.now().plus(Duration.ofHours(1)));

        given(registered()).when(ERASE).expectSuccessfulHandlerExecution();

        assertThat(passwordHash()).isEmpty();
        assertThat(links.accountOf("digest")).isEmpty();
    }

    static List<AccountCommand> allOthers() {
        return List.of(
                new ChangeEmail("acc_ada", "grace@example.org"),
                new ChangeDisplayName("acc_ada", "Grace"),
                new ChangePassword("acc_ada", FIRST, SECOND, true),
                new IssueResetLink("acc_ada", "digest", Instant.EPOCH),
                new ResetPassword("acc_ada", "digest", SECOND),
                new DisableAccount("acc_ada"),
                new EnableAccount("acc_ada"),
                new GrantAdministrator("acc_ada"),
                new RevokeAdministrator("acc_ada"),
                new AddAccountOwner("acc_ada", "acc_bob"),
                new RemoveAccountOwner("acc_ada", "acc_bob"));
    }

    @ParameterizedTest
    @MethodSource("allOthers")
    void nothing_happens_to_an_erased_account_any_more(AccountCommand command) {
        given(registered(), new PersonalDataErased("acc_ada"))
                .when(command)
                .expectException(refused(Refusal.Conflict.class, "account_erased"))
                .expectNoEvents();
    }
}
