package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A token belongs to another account than before, and what is personal in it with it: sealed for the new one, so that
 * erasing the former owner's person leaves it readable.
 *
 * @param accountId the new owner
 * @param allowedAddresses absent: from anywhere
 */
@EventType(name = "token.transferred", revision = 1)
public record TokenTransferred(
        String tokenId,
        String accountId,
        String previousAccountId,
        PersonalText name,
        @Nullable PersonalText description,
        @Nullable PersonalText allowedAddresses)
        implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenTransferred withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenTransferred(
                tokenId,
                accountId,
                previousAccountId,
                replace.apply(name),
                description == null ? null : replace.apply(description),
                allowedAddresses == null ? null : replace.apply(allowedAddresses));
    }
}
