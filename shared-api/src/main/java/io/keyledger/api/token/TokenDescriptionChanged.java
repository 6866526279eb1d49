package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A token's description was changed, added or removed (absent). */
@EventType(name = "token.description-changed", revision = 1)
public record TokenDescriptionChanged(
        String tokenId,
        String accountId,
        @Nullable PersonalText previousDescription,
        @Nullable PersonalText description)
        implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenDescriptionChanged withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenDescriptionChanged(
                tokenId,
                accountId,
                previousDescription == null ? null : replace.apply(previousDescription),
                description == null ? null : replace.apply(description));
    }
}
