package io.keyledger.command.token;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.ExpireToken;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.command.IfMatch;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventhandling.Timestamp;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.messaging.annotation.MessageIdentifier;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.axonframework.modelling.command.AggregateRoot;
import org.axonframework.modelling.command.CommandHandlerInterceptor;
import org.axonframework.modelling.command.CreationPolicy;
import org.jspecify.annotations.Nullable;

/** The aggregate around {@link TokenState}: receives commands, applies what was decided. */
@AggregateRoot(type = "token")
public final class Token {

    private @Nullable TokenState state;

    Token() {}

    @AggregateIdentifier
    @Nullable
    String tokenId() {
        return state == null ? null : state.tokenId();
    }

    @CommandHandlerInterceptor
    void checkVersion(TokenCommand command, @MetaDataValue(IfMatch.METADATA) @Nullable Long version) {
        // Whose it is comes first: that there is another version would tell that there is a token.
        if (version != null && command.accountId() != null) {
            state().requireOwner(command.accountId());
        }
        IfMatch.check(version);
    }

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.ALWAYS)
    TokenDetails handle(CreateToken command, PermissionCatalogue catalogue, PersonalDataKeys keys, Clock clock) {
        apply(List.of(TokenState.decide(command, catalogue, clock.instant())));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(RenameToken command, PersonalDataKeys keys, Clock clock) {
        var keyring = keyring(keys);
        apply(state().decide(command, state().name().open(keyring, state().accountId())));
        return details(keyring, clock.instant());
    }

    @CommandHandler
    TokenDetails handle(ChangeTokenDescription command, PersonalDataKeys keys, Clock clock) {
        var keyring = keyring(keys);
        apply(state().decide(command, description(keyring)));
        return details(keyring, clock.instant());
    }

    @CommandHandler
    TokenDetails handle(
            ChangeTokenPermissions command, PermissionCatalogue catalogue, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command, catalogue));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(ChangeTokenExpiry command, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command, clock.instant()));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    void handle(RevokeToken command) {
        apply(state().decideToRevoke(command.accountId()));
    }

    @CommandHandler
    void handle(ExpireToken command, Clock clock) {
        apply(state().decideToExpire(clock.instant()));
    }

    @EventSourcingHandler
    void on(TokenEvent event, @MessageIdentifier String eventId, @Timestamp Instant at) {
        state = TokenState.evolve(state, event, eventId, at);
    }

    private static void apply(List<? extends TokenEvent> events) {
        events.forEach(AggregateLifecycle::apply);
    }

    private TokenState state() {
        return Objects.requireNonNull(state);
    }

    private Keyring keyring(PersonalDataKeys keys) {
        return keys.of(List.of(state().accountId()));
    }

    private @Nullable String description(Keyring keyring) {
        var description = state().description();
        return description == null ? null : description.open(keyring, state().accountId());
    }

    private TokenDetails details(Keyring keyring, Instant now) {
        var token = state();
        return new TokenDetails(
                token.tokenId(),
                token.name().open(keyring, token.accountId()),
                description(keyring),
                token.permissions(),
                token.hint(),
                token.status(now),
                token.createdAt(),
                token.expiresAt(),
                null,
                token.revokedAt(),
                AggregateLifecycle.getVersion());
    }
}
