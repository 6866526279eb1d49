package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AddAccountOwner;
import io.keyledger.api.account.RemoveAccountOwner;
import org.junit.jupiter.api.Test;

/** {@link AddAccountOwner} and {@link RemoveAccountOwner}. */
class AccountOwnersTest extends AccountFixture {

    private static final AddAccountOwner ADD = new AddAccountOwner("acc_ada", "acc_bob");
    private static final RemoveAccountOwner REMOVE = new RemoveAccountOwner("acc_ada", "acc_bob");
    private static final AccountOwnerAdded ADDED = new AccountOwnerAdded("acc_ada", "acc_bob");
    private static final AccountOwnerRemoved REMOVED = new AccountOwnerRemoved("acc_ada", "acc_bob");

    @Test
    void owners_come_and_go() {
        given(serviceRegistered()).when(ADD).expectEvents(ADDED);
        given(serviceRegistered(), ADDED).when(REMOVE).expectEvents(REMOVED);
        given(serviceRegistered(), ADDED, REMOVED).when(ADD).expectEvents(ADDED);
        given(serviceRegistered(), ADDED, new AccountDisabled("acc_ada"))
                .when(REMOVE)
                .expectEvents(REMOVED);
    }

    @Test
    void a_repeat_appends_nothing() {
        given(serviceRegistered(), ADDED).when(ADD).expectNoEvents();
        given(serviceRegistered()).when(REMOVE).expectNoEvents();
        given(serviceRegistered(), new AccountOwnerAdded("acc_ada", "acc_eve"))
                .when(REMOVE)
                .expectNoEvents();
    }

    @Test
    void a_person_has_no_owners() {
        for (var command : new Object[] {ADD, REMOVE}) {
            given(registered())
                    .when(command)
                    .expectException(refused(Refusal.Conflict.class, "not_a_service_account"))
                    .expectNoEvents();
        }
    }
}
