package io.keyledger.command.account;

import io.keyledger.api.authentication.Origin;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mail to the person of an account, sent behind the answer's back: its time must not tell whether there is an account,
 * and a change must not fail because its notice does.
 */
public interface AccountMail {

    /** Whether mail can be sent at all. */
    boolean isConfigured();

    /**
     * Sends a mail later, in the language of the request that is being answered; where none is, in every language.
     *
     * @param origin of that request
     * @param letter written on the thread that sends it; empty: there is nothing to send
     * @return false when too many are waiting; then nothing will be sent
     */
    boolean send(Origin origin, Supplier<Optional<Letter>> letter);

    /** What a mail is about. */
    enum Topic {
        RESET_LINK,
        PASSWORD_CHANGED,
        EMAIL_CHANGED,
        TOKEN_LEAKED,
        TOKEN_ENDS
    }

    /**
     * A mail to write.
     *
     * @param to email address
     * @param link that it leads to; absent: to the pages
     * @param about the texts that it names, as {@code {1}} and so on
     */
    record Letter(Topic topic, String to, @Nullable String link, List<String> about) {

        public Letter(Topic topic, String to, @Nullable String link) {
            this(topic, to, link, List.of());
        }

        @Override
        public String toString() {
            return "Letter[" + topic + "]";
        }
    }
}
