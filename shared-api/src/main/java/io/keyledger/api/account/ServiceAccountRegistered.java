package io.keyledger.api.account;

import io.keyledger.api.EventType;
import java.util.function.UnaryOperator;

/** An account for programs was made: it cannot sign in, and its owners manage its tokens. */
@EventType(name = "account.service-account-registered", revision = 1)
public record ServiceAccountRegistered(String accountId, PersonalText displayName)
        implements AccountEvent, PersonalDataEvent {

    @Override
    public ServiceAccountRegistered withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new ServiceAccountRegistered(accountId, replace.apply(displayName));
    }
}
