/** Mail to people, where an SMTP server is configured. */
@NullMarked
package io.keyledger.server.mail;

import org.jspecify.annotations.NullMarked;
