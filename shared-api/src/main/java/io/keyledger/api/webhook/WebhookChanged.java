package io.keyledger.api.webhook;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A webhook got another URL, is told of other types, or both.
 *
 * @param origin scheme, host and port of its URL; as before where only the rest of the URL was changed
 * @param types that it is told of; none: all
 */
@EventType(name = "webhook.changed", revision = 1)
public record WebhookChanged(
        String webhookId,
        String accountId,
        PersonalText previousOrigin,
        PersonalText origin,
        List<String> previousTypes,
        List<String> types)
        implements WebhookEvent, PersonalDataEvent {

    @Override
    public WebhookChanged withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new WebhookChanged(
                webhookId, accountId, replace.apply(previousOrigin), replace.apply(origin), previousTypes, types);
    }
}
