package io.keyledger.query;

/** Marks a class whose methods answer queries, so that it is subscribed to the query bus. */
public interface QueryHandlers {}
