package io.keyledger.api.token;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A token is accepted from other addresses than before. They tell where somebody works or lives, so they are personal.
 *
 * @param allowedAddresses ranges in CIDR notation (RFC 4632, RFC 4291), joined by a space; absent: from anywhere
 */
@EventType(name = "token.allowed-addresses-changed", revision = 1)
public record TokenAllowedAddressesChanged(
        String tokenId,
        String accountId,
        @Nullable PersonalText previousAllowedAddresses,
        @Nullable PersonalText allowedAddresses)
        implements TokenEvent, PersonalDataEvent {

    @Override
    public TokenAllowedAddressesChanged withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new TokenAllowedAddressesChanged(
                tokenId,
                accountId,
                previousAllowedAddresses == null ? null : replace.apply(previousAllowedAddresses),
                allowedAddresses == null ? null : replace.apply(allowedAddresses));
    }
}
