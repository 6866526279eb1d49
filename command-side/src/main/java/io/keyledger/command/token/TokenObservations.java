package io.keyledger.command.token;

import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.AnnounceTokenExpiry;
import io.keyledger.api.token.RecordFirstTokenUse;
import io.keyledger.api.token.RecordRetiredTokenValueUse;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenFirstUsed;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventhandling.EventBus;
import org.axonframework.eventhandling.GenericEventMessage;
import org.jspecify.annotations.Nullable;

/**
 * Puts into the trail what was seen of a token. It is no part of the token's own stream: it decides nothing, and who
 * has read a token may change it with {@code If-Match} although it was used meanwhile.
 */
public final class TokenObservations {

    private final EventBus eventBus;

    public TokenObservations(EventBus eventBus) {
        this.eventBus = eventBus;
    }

    @CommandHandler
    void handle(RecordFirstTokenUse command) {
        publish(new TokenFirstUsed(command.tokenId(), command.accountId(), personal(command.request())));
    }

    @CommandHandler
    void handle(RecordRetiredTokenValueUse command) {
        publish(new RetiredTokenValueUsed(
                command.tokenId(), command.accountId(), command.hint(), personal(command.request())));
    }

    @CommandHandler
    void handle(AnnounceTokenExpiry command) {
        publish(new TokenExpiryAnnounced(
                command.tokenId(), command.accountId(), command.expiresAt(), command.daysLeft()));
    }

    private void publish(TokenEvent event) {
        eventBus.publish(GenericEventMessage.asEventMessage(event));
    }

    private static @Nullable PersonalText personal(@Nullable String text) {
        return text == null ? null : PersonalText.of(text);
    }
}
