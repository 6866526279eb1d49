package io.keyledger.api.webhook;

/** Removes it for good. */
public record DeleteWebhook(String webhookId) implements WebhookCommand {}
