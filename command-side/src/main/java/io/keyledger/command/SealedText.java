package io.keyledger.command;

import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;

/**
 * Personal text of an aggregate's state, with the id of the event that brought it, which is needed to open it. Opened
 * only when a decision asks for it.
 */
public record SealedText(PersonalText text, String eventId) {

    public String open(Keyring keyring, String accountId) {
        return keyring.open(accountId, eventId, text);
    }
}
