package io.keyledger.api.webhook;

import io.keyledger.api.EventType;

/** A webhook was removed, with its secret and all that was waiting for it. */
@EventType(name = "webhook.deleted", revision = 1)
public record WebhookDeleted(String webhookId, String accountId) implements WebhookEvent {}
