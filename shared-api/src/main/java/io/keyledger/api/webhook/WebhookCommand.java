package io.keyledger.api.webhook;

/** A wish to create or change a webhook. */
public sealed interface WebhookCommand
        permits CreateWebhook, ChangeWebhook, DisableWebhook, EnableWebhook, DeleteWebhook {

    String webhookId();
}
