package io.keyledger.api.webhook;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends to another address or tells of other types. What is waiting goes to the new address.
 *
 * @param url that was checked to be a permitted target; absent: as it is
 * @param types of the catalogue, none: all; absent: as they are
 */
public record ChangeWebhook(
        String webhookId, @Nullable String url, @Nullable Set<String> types) implements WebhookCommand {

    @Override
    public String toString() {
        return "ChangeWebhook[" + webhookId + "]";
    }
}
