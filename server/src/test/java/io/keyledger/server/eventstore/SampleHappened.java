package io.keyledger.server.eventstore;

import io.keyledger.api.EventType;

@EventType(name = "sample.happened", revision = 1)
record SampleHappened(String what) {}
