package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;

/** A token got another name. */
@EventType(name = "token.renamed", revision = 1)
public record TokenRenamed(String tokenId, String accountId, PersonalText previousName, PersonalText name)
        implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenRenamed withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenRenamed(tokenId, accountId, replace.apply(previousName), replace.apply(name));
    }
}
