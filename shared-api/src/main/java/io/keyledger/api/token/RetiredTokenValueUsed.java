package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Somebody used a value that its token had before, and was refused: whoever it is has not noticed the rotation, or
 * should not have the value. At most one event per value and hour.
 *
 * @param hint of the value
 * @param request method and path of what it was used for, where a gateway told them
 */
@EventType(name = "token.retired-value-used", revision = 1)
public record RetiredTokenValueUsed(
        String tokenId,
        String accountId,
        String hint,
        @Nullable PersonalText request) implements TokenEvent, PersonalDataEvent {

    @Override
    public RetiredTokenValueUsed withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new RetiredTokenValueUsed(tokenId, accountId, hint, request == null ? null : replace.apply(request));
    }
}
