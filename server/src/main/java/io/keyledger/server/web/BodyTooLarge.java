package io.keyledger.server.web;

import java.io.IOException;

/** A body that is larger than any request needs. */
final class BodyTooLarge extends IOException {}
