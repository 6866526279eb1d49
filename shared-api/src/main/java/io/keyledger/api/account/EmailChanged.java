package io.keyledger.api.account;

import io.keyledger.api.EventType;
import java.util.function.UnaryOperator;

/** The account got another email address. */
@EventType(name = "account.email-changed", revision = 1)
public record EmailChanged(String accountId, PersonalText previousEmail, PersonalText email)
        implements AccountEvent, PersonalDataEvent {

    @Override
    public EmailChanged withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new EmailChanged(accountId, replace.apply(previousEmail), replace.apply(email));
    }
}
