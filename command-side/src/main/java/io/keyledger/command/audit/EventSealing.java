package io.keyledger.command.audit;

import io.keyledger.api.Event;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import jakarta.annotation.Nonnull;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.messaging.MessageDispatchInterceptor;
import org.axonframework.messaging.MetaData;

/**
 * Completes every event between the decision and the append: adds who did it and from where, and encrypts all personal
 * text in it. So decisions stay pure, and nothing behind this point, the store included, sees personal text in clear.
 */
public final class EventSealing implements MessageDispatchInterceptor<EventMessage<?>> {

    private final PersonalDataKeys keys;

    public EventSealing(PersonalDataKeys keys) {
        this.keys = keys;
    }

    @Override
    @Nonnull
    public BiFunction<Integer, EventMessage<?>, EventMessage<?>> handle(
            @Nonnull List<? extends EventMessage<?>> messages) {
        var caller = Commands.caller();
        var accounts = new HashSet<String>();
        messages.forEach(message -> accounts.add(event(message).accountId()));
        if (caller.accountId() != null) {
            accounts.add(caller.accountId());
        }
        var keyring = keys.of(accounts);
        return (_, message) -> complete(message, caller, keyring);
    }

    private static EventMessage<?> complete(EventMessage<?> message, Caller caller, Keyring keyring) {
        var event = event(message);
        var eventId = message.getIdentifier();
        Object payload = event instanceof PersonalDataEvent personal
                ? personal.withPersonalTexts(text -> seal(keyring, event.accountId(), eventId, text))
                : event;
        var metadata = MetaData.from(metadata(caller, event, eventId, keyring));
        return message instanceof DomainEventMessage<?> ofAggregate
                ? new GenericDomainEventMessage<>(
                        ofAggregate.getType(),
                        ofAggregate.getAggregateIdentifier(),
                        ofAggregate.getSequenceNumber(),
                        payload,
                        metadata,
                        eventId,
                        message.getTimestamp())
                : new GenericEventMessage<>(eventId, payload, metadata, message.getTimestamp());
    }

    private static Map<String, String> metadata(Caller caller, Event event, String eventId, Keyring keyring) {
        var origin = caller.origin();
        var owner = caller.accountId() != null ? caller.accountId() : event.accountId();
        var metadata = new HashMap<String, String>();
        metadata.put(EventMetadata.ACTOR_TYPE, actorType(caller).toString());
        metadata.put(EventMetadata.CORRELATION_ID, origin.correlationId());
        if (caller.accountId() != null) {
            metadata.put(EventMetadata.ACTOR_ACCOUNT_ID, caller.accountId());
        }
        if (caller.tokenId() != null) {
            metadata.put(EventMetadata.ACTOR_TOKEN_ID, caller.tokenId());
        }
        if (origin.ipAddress() != null) {
            metadata.put(
                    EventMetadata.IP_ADDRESS,
                    keyring.seal(owner, eventId, origin.ipAddress()).ciphertext());
        }
        if (origin.userAgent() != null) {
            metadata.put(
                    EventMetadata.USER_AGENT,
                    keyring.seal(owner, eventId, origin.userAgent()).ciphertext());
        }
        return metadata;
    }

    private static Actor.Type actorType(Caller caller) {
        return switch (caller.kind()) {
            case SESSION, BASIC -> Actor.Type.ACCOUNT;
            case TOKEN -> Actor.Type.TOKEN;
            case ANONYMOUS -> Actor.Type.ANONYMOUS;
            case SYSTEM -> Actor.Type.SYSTEM;
        };
    }

    private static PersonalText seal(Keyring keyring, String accountId, String eventId, PersonalText text) {
        return switch (text) {
            case PersonalText.Clear(var clear) -> keyring.seal(accountId, eventId, clear);
            case PersonalText.Sealed _ ->
                throw new IllegalStateException("an event holds text that was sealed for another one");
        };
    }

    private static Event event(EventMessage<?> message) {
        return (Event) message.getPayload();
    }
}
