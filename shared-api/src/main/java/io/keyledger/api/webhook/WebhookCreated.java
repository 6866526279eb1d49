package io.keyledger.api.webhook;

import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalText;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A webhook was created.
 *
 * @param origin scheme, host and port of its URL: the path may be a secret
 * @param types that it is told of; none: all
 */
@EventType(name = "webhook.created", revision = 1)
public record WebhookCreated(String webhookId, String accountId, PersonalText origin, List<String> types)
        implements WebhookEvent, PersonalDataEvent {

    @Override
    public WebhookCreated withPersonalTexts(UnaryOperator<PersonalText> replace) {
        return new WebhookCreated(webhookId, accountId, replace.apply(origin), types);
    }
}
