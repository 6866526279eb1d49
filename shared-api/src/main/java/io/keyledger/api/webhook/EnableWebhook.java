package io.keyledger.api.webhook;

/** Tells it again, of what happens from now on. */
public record EnableWebhook(String webhookId) implements WebhookCommand {}
