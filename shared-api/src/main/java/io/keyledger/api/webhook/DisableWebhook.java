package io.keyledger.api.webhook;

/** Tells it nothing any more, and drops what is waiting for it. */
public record DisableWebhook(String webhookId, WebhookDisabled.Reason reason) implements WebhookCommand {}
