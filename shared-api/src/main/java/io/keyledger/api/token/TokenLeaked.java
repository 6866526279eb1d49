package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Somebody reported a value of the token as public. Where the value was still accepted, the token is revoked with it.
 *
 * @param hint of the value
 * @param source who reported it, for example {@code github}; absent: somebody unknown
 * @param url where it was found
 */
@EventType(name = "token.leaked", revision = 1)
public record TokenLeaked(
        String tokenId,
        String accountId,
        String hint,
        @Nullable String source,
        @Nullable PersonalText url) implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenLeaked withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenLeaked(tokenId, accountId, hint, source, url == null ? null : replace.apply(url));
    }
}
