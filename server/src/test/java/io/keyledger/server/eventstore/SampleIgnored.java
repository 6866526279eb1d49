package io.keyledger.server.eventstore;

import io.keyledger.api.EventType;

@EventType(name = "sample.ignored", revision = 1)
record SampleIgnored(String what) {}
