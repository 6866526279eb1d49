package io.keyledger.command.token;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.ChangeTokenAllowedAddresses;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.DisableToken;
import io.keyledger.api.token.EnableToken;
import io.keyledger.api.token.ExpireToken;
import io.keyledger.api.token.LimitTokenLifetime;
import io.keyledger.api.token.NarrowTokenPermissions;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.ReportTokenLeak;
import io.keyledger.api.token.RequireHeldPermissions;
import io.keyledger.api.token.RetireTokenValue;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.RotateToken;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TransferToken;
import io.keyledger.command.IfMatch;
import io.keyledger.command.SealedText;
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
    TokenDetails handle(
            CreateToken command,
            PermissionCatalogue catalogue,
            TokenPolicy policy,
            PersonalDataKeys keys,
            Clock clock) {
        keys.hold(List.of(command.accountId()));
        apply(TokenState.decide(command, catalogue, policy, clock.instant()));
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
        apply(state().decide(command, open(keyring, state().description())));
        return details(keyring, clock.instant());
    }

    @CommandHandler
    TokenDetails handle(
            ChangeTokenPermissions command, PermissionCatalogue catalogue, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command, catalogue));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(NarrowTokenPermissions command, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(ChangeTokenExpiry command, TokenPolicy policy, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command, policy, clock.instant()));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(ChangeTokenAllowedAddresses command, PersonalDataKeys keys, Clock clock) {
        var keyring = keyring(keys);
        apply(state().decide(command, open(keyring, state().allowedAddresses())));
        return details(keyring, clock.instant());
    }

    @CommandHandler
    TokenDetails handle(DisableToken command, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(EnableToken command, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    TokenDetails handle(RotateToken command, PersonalDataKeys keys, Clock clock) {
        apply(state().decide(command, clock.instant()));
        return details(keyring(keys), clock.instant());
    }

    @CommandHandler
    void handle(RequireHeldPermissions command, Clock clock) {
        state().check(command, clock.instant());
    }

    @CommandHandler
    void handle(RetireTokenValue command, Clock clock) {
        apply(state().decide(command, clock.instant()));
    }

    @CommandHandler
    TokenDetails handle(TransferToken command, PersonalDataKeys keys, Clock clock) {
        var accounts = List.of(state().accountId(), command.newAccountId());
        keys.hold(accounts);
        var keyring = keys.of(accounts);
        apply(state().decide(
                        command,
                        state().name().open(keyring, state().accountId()),
                        open(keyring, state().description()),
                        open(keyring, state().allowedAddresses())));
        return details(keyring, clock.instant());
    }

    /** @return whether the token is revoked by it */
    @CommandHandler
    boolean handle(ReportTokenLeak command, Clock clock) {
        var events = state().decide(command, clock.instant());
        apply(events);
        return events.stream().anyMatch(TokenRevoked.class::isInstance);
    }

    @CommandHandler
    void handle(RevokeToken command) {
        apply(state().decide(command));
    }

    @CommandHandler
    void handle(ExpireToken command, Clock clock) {
        apply(state().decideToExpire(clock.instant()));
    }

    @CommandHandler
    void handle(LimitTokenLifetime command, TokenPolicy policy, Clock clock) {
        apply(state().decideToLimit(policy, clock.instant()));
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

    private @Nullable String open(Keyring keyring, @Nullable SealedText text) {
        return text == null ? null : text.open(keyring, state().accountId());
    }

    private TokenDetails details(Keyring keyring, Instant now) {
        var token = state();
        var allowedAddresses = open(keyring, token.allowedAddresses());
        return new TokenDetails(
                token.tokenId(),
                token.name().open(keyring, token.accountId()),
                open(keyring, token.description()),
                token.permissions(),
                token.values().current().hint(),
                token.status(now),
                token.createdAt(),
                token.expiresAt(),
                null,
                token.revokedAt(),
                token.enabled(),
                allowedAddresses == null ? List.of() : List.of(allowedAddresses.split(" ")),
                token.values().rotatedAt(),
                token.overlapEndsAt(now),
                AggregateLifecycle.getVersion());
    }
}
