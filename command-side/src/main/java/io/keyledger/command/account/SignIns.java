package io.keyledger.command.account;

import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.RecordFailedSignIn;
import io.keyledger.api.account.RecordSignIn;
import io.keyledger.api.account.RecordSignOut;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventhandling.EventBus;
import org.axonframework.eventhandling.GenericEventMessage;

/**
 * Puts sign-ins and sign-outs into the trail. They are no part of the account's own stream: they decide nothing, and an
 * account with a million of them must load as fast as a new one.
 */
public final class SignIns {

    private final EventBus eventBus;

    public SignIns(EventBus eventBus) {
        this.eventBus = eventBus;
    }

    @CommandHandler
    void handle(RecordSignIn command) {
        publish(new SignedIn(command.accountId(), command.method(), command.sessionId()));
    }

    @CommandHandler
    void handle(RecordFailedSignIn command) {
        publish(new SignInFailed(command.accountId(), command.method()));
    }

    @CommandHandler
    void handle(RecordSignOut command) {
        publish(new SignedOut(command.accountId(), command.sessionId()));
    }

    private void publish(AccountEvent event) {
        eventBus.publish(GenericEventMessage.asEventMessage(event));
    }
}
