package io.keyledger.command.account;

import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AddAccountOwner;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.ErasePersonalData;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.RegisterServiceAccount;
import io.keyledger.api.account.RemoveAccountOwner;
import io.keyledger.api.account.ResetPassword;
import io.keyledger.api.account.RevokeAdministrator;
import io.keyledger.command.IfMatch;
import java.util.List;
import java.util.Objects;
import org.axonframework.commandhandling.CommandHandler;
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

/**
 * The aggregate around {@link AccountState}: receives commands, applies what was decided. What must not be in an event
 * (hashes, links) is written to its table in the same transaction.
 */
@AggregateRoot(type = "account")
public final class Account {

    private @Nullable AccountState state;

    Account() {}

    @AggregateIdentifier
    @Nullable
    String accountId() {
        return state == null ? null : state.accountId();
    }

    @CommandHandlerInterceptor
    void checkVersion(@MetaDataValue(IfMatch.METADATA) @Nullable Long version) {
        IfMatch.check(version);
    }

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.ALWAYS)
    void handle(RegisterAccount command, PersonalDataKeys keys, Credentials credentials) {
        var registered = AccountState.decide(command);
        keys.create(command.accountId());
        if (command.passwordHash() != null) {
            credentials.set(command.accountId(), command.passwordHash());
        }
        apply(List.of(registered));
    }

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.ALWAYS)
    void handle(RegisterServiceAccount command, PersonalDataKeys keys) {
        var registered = AccountState.decide(command);
        keys.create(command.accountId());
        apply(List.of(registered));
    }

    @CommandHandler
    void handle(AddAccountOwner command) {
        apply(state().decide(command));
    }

    @CommandHandler
    void handle(RemoveAccountOwner command) {
        apply(state().decide(command));
    }

    /** @return the sequence number of the event, which is the account's new session epoch where sessions ended */
    @CommandHandler
    long handle(ChangePassword command, Credentials credentials, ResetLinks links) {
        apply(state().decideToChangePassword(command.endOtherSessions()));
        links.withdraw(command.accountId());
        credentials.replace(command.accountId(), command.verified(), command.replacement());
        return AggregateLifecycle.getVersion();
    }

    @CommandHandler
    void handle(IssueResetLink command, ResetLinks links) {
        apply(state().decideToIssueResetLink(command.expiresAt()));
        links.issue(command.accountId(), command.secretDigest(), command.expiresAt());
    }

    @CommandHandler
    void handle(ResetPassword command, ResetLinks links, Credentials credentials) {
        apply(state().decideToResetPassword());
        links.use(command.accountId(), command.secretDigest());
        credentials.set(command.accountId(), command.replacement());
    }

    @CommandHandler
    void handle(ChangeEmail command, PersonalDataKeys keys) {
        var email = state().email();
        apply(state().decide(
                        command,
                        email == null ? "" : email.open(keys.of(List.of(command.accountId())), command.accountId())));
    }

    @CommandHandler
    void handle(ChangeDisplayName command, PersonalDataKeys keys) {
        apply(state().decide(
                        command,
                        state().displayName().open(keys.of(List.of(command.accountId())), command.accountId())));
    }

    @CommandHandler
    void handle(DisableAccount command, ResetLinks links) {
        apply(state().decideToDisable());
        links.withdraw(command.accountId());
    }

    @CommandHandler
    void handle(EnableAccount command) {
        apply(state().decideToEnable());
    }

    @CommandHandler
    void handle(GrantAdministrator command) {
        apply(state().decideToGrantAdministrator());
    }

    @CommandHandler
    void handle(RevokeAdministrator command) {
        apply(state().decideToRevokeAdministrator());
    }

    @CommandHandler
    void handle(ErasePersonalData command, PersonalDataKeys keys, PersonalTraces traces) {
        var events = state().decideToErase();
        if (!events.isEmpty()) {
            keys.destroy(command.accountId());
            traces.forget(command.accountId());
        }
        apply(events);
    }

    @EventSourcingHandler
    void on(AccountEvent event, @MessageIdentifier String eventId) {
        state = AccountState.evolve(state, event, eventId);
    }

    private static void apply(List<? extends AccountEvent> events) {
        events.forEach(AggregateLifecycle::apply);
    }

    private AccountState state() {
        return Objects.requireNonNull(state);
    }
}
