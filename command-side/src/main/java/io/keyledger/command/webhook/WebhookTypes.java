package io.keyledger.command.webhook;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which events a webhook can be told of, under which names, and what of them. Never a value, a digest or personal text:
 * whoever may know more reads it from the API by the ids.
 */
public final class WebhookTypes {

    private static final Map<Class<? extends Event>, String> BY_EVENT = Map.of(
            TokenCreated.class, "token.created",
            TokenRotated.class, "token.rotated",
            TokenRevoked.class, "token.revoked",
            TokenExpiryAnnounced.class, "token.expiring",
            TokenLeaked.class, "token.leaked",
            AccountDisabled.class, "account.disabled",
            PasswordChanged.class, "account.password-changed",
            PasswordReset.class, "account.password-changed",
            PersonalDataErased.class, "account.personal-data-erased");

    /** All names, sorted. */
    public static final List<String> NAMES =
            BY_EVENT.values().stream().distinct().sorted().toList();

    private WebhookTypes() {}

    /** Absent: no webhook is told of it. */
    static @Nullable String of(Event event) {
        return BY_EVENT.get(event.getClass());
    }

    /** What the event is about, which its order is kept by: the token, or the account. */
    static String subject(Event event) {
        return event instanceof TokenEvent ofToken ? ofToken.tokenId() : event.accountId();
    }

    static Map<String, Object> data(Event event, long position) {
        var data = new LinkedHashMap<String, Object>();
        if (event instanceof TokenEvent ofToken) {
            data.put("tokenId", ofToken.tokenId());
        }
        data.put("accountId", event.accountId());
        data.put("position", position);
        switch (event) {
            case TokenCreated created -> {
                data.put("hint", created.hint());
                putIfThere(data, "expiresAt", created.expiresAt());
            }
            case TokenRotated rotated -> {
                data.put("hint", rotated.hint());
                putIfThere(data, "overlapEndsAt", rotated.overlapEndsAt());
            }
            case TokenRevoked revoked -> data.put("reason", revoked.reason());
            case TokenExpiryAnnounced announced -> {
                data.put("expiresAt", announced.expiresAt());
                data.put("daysLeft", announced.daysLeft());
            }
            case TokenLeaked leaked -> {
                data.put("hint", leaked.hint());
                putIfThere(data, "source", leaked.source());
            }
            default -> {}
        }
        return data;
    }

    private static void putIfThere(Map<String, Object> data, String name, @Nullable Object value) {
        if (value != null) {
            data.put(name, value);
        }
    }
}
