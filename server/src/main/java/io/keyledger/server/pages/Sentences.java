package io.keyledger.server.pages;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSourceResolvable;
import org.springframework.context.support.DefaultMessageSourceResolvable;

/**
 * Says what happened as a sentence: which message of the bundle, and the names in it. Languages differ in how a
 * sentence changes with who did it, so each kind of event has a sentence for each {@linkplain #key case}.
 */
final class Sentences {

    private static final String SENTENCE = "activity.event.";

    private Sentences() {}

    /** @param readerId the account that reads: it is "you" */
    static MessageSourceResolvable of(AuditEvent event, String readerId) {
        var target = event.target();
        return new DefaultMessageSourceResolvable(
                new String[] {key(event, readerId)},
                new Object[] {
                    actor(event),
                    switch (target.type()) {
                        case "token" -> token("activity.token", tokenName(event));
                        case "webhook" -> marked(target.id());
                        default -> person(target.name());
                    },
                    change(event, "before"),
                    change(event, "after"),
                },
                // Of a kind that is newer than the bundle.
                event.type());
    }

    /**
     * The key of an event's sentence.
     *
     * <p>Of what happened to an account: {@code you} did it to your own, {@code by-you} to another's, {@code self}
     * somebody else to their own, {@code to-you} somebody else to yours, {@code other} to another's. Of what happened
     * to a token or webhook: {@code you} did it, {@code self} the token itself, {@code other} somebody else.
     * {@code {0}} is who did it and begins the sentence, {@code {1}} to whom or what, {@code {2}} and {@code {3}} the
     * names before and after.
     */
    private static String key(AuditEvent event, String readerId) {
        var byYou = isPerson(event) && readerId.equals(actorId(event));
        var own = event.target().id().equals(actorId(event));
        if (!event.target().type().equals("account")) {
            return SENTENCE + event.type() + (byYou ? ".you" : own ? ".self" : ".other");
        }
        var toYou = readerId.equals(event.target().id());
        return SENTENCE
                + event.type()
                + (byYou ? (own ? ".you" : ".by-you") : own ? ".self" : toYou ? ".to-you" : ".other");
    }

    /** All sentences that an event of this type may need, for the test that no language lacks one. */
    static List<String> keys(String type) {
        var cases = switch (type.substring(0, type.indexOf('.'))) {
            case "token" -> List.of(".you", ".self", ".other");
            case "webhook" -> List.of(".you", ".other");
            default -> List.of(".you", ".by-you", ".self", ".to-you", ".other");
        };
        return cases.stream().map(one -> SENTENCE + type + one).toList();
    }

    private static boolean isPerson(AuditEvent event) {
        return event.actor().type() == Actor.Type.ACCOUNT || registeredThemselves(event);
    }

    private static @Nullable String actorId(AuditEvent event) {
        if (registeredThemselves(event)) {
            return event.target().id();
        }
        return event.actor().tokenId() != null
                ? event.actor().tokenId()
                : event.actor().accountId();
    }

    /** Where registration is open, whoever makes an account is its person, though not signed in yet. */
    private static boolean registeredThemselves(AuditEvent event) {
        return event.actor().type() == Actor.Type.ANONYMOUS && event.type().equals("account.registered");
    }

    private static Object actor(AuditEvent event) {
        var name = registeredThemselves(event)
                ? event.target().name()
                : event.actor().name();
        return switch (event.actor().type()) {
            case SYSTEM ->
                event.type().equals("token.expired")
                        // Nobody does that: it expires by itself.
                        ? token("activity.actor.token", tokenName(event))
                        : phrase("activity.actor.system");
            case TOKEN -> token("activity.actor.token", name);
            case ACCOUNT, ANONYMOUS ->
                name != null
                        ? named(name)
                        : phrase(
                                event.actor().type() == Actor.Type.ANONYMOUS
                                        ? "activity.actor.anonymous"
                                        : "activity.actor.unknown");
        };
    }

    private static Object person(@Nullable String name) {
        return name == null ? phrase("activity.person.unknown") : named(name);
    }

    private static MessageSourceResolvable token(String key, @Nullable String name) {
        return name == null ? phrase(key + ".unknown") : phrase(key, named(name));
    }

    /** As it was called when it was created; otherwise as it is called now. */
    private static @Nullable String tokenName(AuditEvent event) {
        return event.type().equals("token.created")
                        && event.details().get("name") instanceof String name
                        && !name.equals(PersonalDataKeys.ERASED)
                ? name
                : event.target().name();
    }

    /** A name before or after; nothing where the name was not changed. */
    private static Object change(AuditEvent event, String part) {
        if (!(event.details().get("name") instanceof Map<?, ?> change)) {
            return "";
        }
        var name = Objects.toString(change.get(part), "");
        return name.equals(PersonalDataKeys.ERASED) ? phrase("activity.erased") : marked(name);
    }

    private static Object named(String name) {
        return name.equals(PersonalDataKeys.ERASED) ? phrase("activity.name.erased") : marked(name);
    }

    private static String marked(String name) {
        return Parts.mark(name);
    }

    private static MessageSourceResolvable phrase(String key, Object... arguments) {
        return new DefaultMessageSourceResolvable(new String[] {key}, arguments);
    }
}
