package io.keyledger.api.webhook;

import io.keyledger.api.Event;

/** Something that happened to a webhook. Its account is the administrator's who made it. */
public sealed interface WebhookEvent extends Event
        permits WebhookCreated, WebhookChanged, WebhookDisabled, WebhookEnabled, WebhookDeleted {

    String webhookId();
}
