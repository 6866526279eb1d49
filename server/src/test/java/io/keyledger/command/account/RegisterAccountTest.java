package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.PasswordHash;
import io.keyledger.api.account.RegisterAccount;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegisterAccountTest extends AccountFixture {

    @Test
    void an_account_is_made_with_its_password_and_its_data_key() {
        given().when(register(" Ada@Example.org ", " Ada ", FIRST))
                .expectEvents(new AccountRegistered("acc_ada", text("Ada@Example.org"), text("Ada"), true));

        assertThat(passwordHash()).containsExactly(FIRST.encoded());
        var keyring = keys.of(List.of("acc_ada"));
        assertThat(keyring.open("acc_ada", "e1", keyring.seal("acc_ada", "e1", "Ada")))
                .isEqualTo("Ada");
    }

    @Test
    void an_account_may_be_without_a_password() {
        given().when(register("ada@example.org", "Ada", null))
                .expectEvents(new AccountRegistered("acc_ada", text("ada@example.org"), text("Ada"), true));

        assertThat(passwordHash()).isEmpty();
    }

    @Test
    void every_field_that_is_wrong_is_told_at_once() {
        given().when(register(null, "", FIRST))
                .expectException(refusedFields("email required", "displayName required"))
                .expectNoEvents();
        given().when(register("ada", "x".repeat(101), FIRST))
                .expectException(refusedFields("email invalid_email", "displayName too_long"));

        assertThat(passwordHash()).isEmpty();
        assertThat(jdbc.sql("select from state.data_key").query().listOfRows()).isEmpty();
    }

    private static RegisterAccount register(String email, String displayName, PasswordHash hash) {
        return new RegisterAccount("acc_ada", email, displayName, true, hash);
    }
}
