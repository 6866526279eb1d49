package io.keyledger.server.mail;

import io.keyledger.api.authentication.Origin;
import io.keyledger.command.account.AccountMail;
import java.util.Optional;
import java.util.function.Supplier;

/** Where no SMTP server is configured. */
final class NoMail implements AccountMail {

    @Override
    public boolean isConfigured() {
        return false;
    }

    @Override
    public boolean send(Origin origin, Supplier<Optional<Letter>> letter) {
        return true;
    }
}
