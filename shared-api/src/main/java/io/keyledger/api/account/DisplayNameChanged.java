package io.keyledger.api.account;

import io.keyledger.api.EventType;
import java.util.function.UnaryOperator;

/** The account got another name. */
@EventType(name = "account.display-name-changed", revision = 1)
public record DisplayNameChanged(String accountId, PersonalText previousDisplayName, PersonalText displayName)
        implements AccountEvent, PersonalDataEvent {

    @Override
    public DisplayNameChanged withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new DisplayNameChanged(accountId, replace.apply(previousDisplayName), replace.apply(displayName));
    }
}
