package io.keyledger.command.webhook;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenRevoked;
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
            TokenRevoked.class, "token.revoked",
            AccountDisabled.class, "account.disabled",
            PasswordChanged.class, "account.password-changed",
            PasswordReset.class, "account.password-changed");

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
                if (created.expiresAt() != null) {
                    data.put("expiresAt", created.expiresAt());
                }
            }
            default -> {}
        }
        return data;
    }
}
