package io.keyledger.api.account;

import io.keyledger.api.EventType;
import java.util.function.UnaryOperator;

/** An account was made. */
@EventType(name = "account.registered", revision = 1)
public record AccountRegistered(String accountId, PersonalText email, PersonalText displayName, boolean administrator)
        implements AccountEvent, PersonalDataEvent {

    @Override
    public AccountRegistered withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new AccountRegistered(accountId, replace.apply(email), replace.apply(displayName), administrator);
    }
}
