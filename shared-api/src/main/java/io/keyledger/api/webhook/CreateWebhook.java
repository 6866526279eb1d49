package io.keyledger.api.webhook;

import java.util.Set;

/**
 * Tells an address of the product what happens from now on.
 *
 * @param accountId the administrator's who makes it
 * @param url that was checked to be a permitted target
 * @param types of the catalogue; none: all
 * @param secret that signs what is sent, as the receiver is given it
 */
public record CreateWebhook(String webhookId, String accountId, String url, Set<String> types, String secret)
        implements WebhookCommand {

    @Override
    public String toString() {
        return "CreateWebhook[" + webhookId + "]";
    }
}
