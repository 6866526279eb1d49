package io.keyledger.server.web;

/** Whether requests can be answered. */
@FunctionalInterface
public interface Readiness {

    boolean isReady();
}
