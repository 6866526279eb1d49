package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A token was accepted for the first time.
 *
 * @param request method and path of what it was used for, where a gateway told them
 */
@EventType(name = "token.first-used", revision = 1)
public record TokenFirstUsed(
        String tokenId, String accountId, @Nullable PersonalText request) implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenFirstUsed withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenFirstUsed(tokenId, accountId, request == null ? null : replace.apply(request));
    }
}
