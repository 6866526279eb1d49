package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A token was created.
 *
 * @param digest SHA-256 of the value, base64; the value has 178 random bits, so this tells nothing about it
 */
@EventType(name = "token.created", revision = 1)
public record TokenCreated(
        String tokenId,
        String accountId,
        PersonalText name,
        @Nullable PersonalText description,
        List<String> permissions,
        @Nullable Instant expiresAt,
        String digest,
        String hint)
        implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenCreated withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenCreated(
                tokenId,
                accountId,
                replace.apply(name),
                description == null ? null : replace.apply(description),
                permissions,
                expiresAt,
                digest,
                hint);
    }
}
