package io.keyledger.api;

import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.webhook.WebhookEvent;
import java.util.List;
import java.util.stream.Stream;

/** Something that happened and is kept for ever. Holds no secret, and personal data only as {@code PersonalText}. */
public interface Event {

    /** The account that the event is about; personal data in it belongs to this account's person. */
    String accountId();

    /** Every kind of event that can be stored. */
    static List<Class<? extends Event>> types() {
        return Stream.of(AccountEvent.class, TokenEvent.class, WebhookEvent.class)
                .flatMap(family -> Stream.of(family.getPermittedSubclasses()))
                .<Class<? extends Event>>map(type -> type.asSubclass(Event.class))
                .toList();
    }
}
