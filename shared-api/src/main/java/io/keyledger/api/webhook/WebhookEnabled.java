package io.keyledger.api.webhook;

import io.keyledger.api.EventType;

/** A webhook is told again, of what happens from now on. */
@EventType(name = "webhook.enabled", revision = 1)
public record WebhookEnabled(String webhookId, String accountId) implements WebhookEvent {}
