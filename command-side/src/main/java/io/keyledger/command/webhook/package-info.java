/** Webhooks: which there are, what they are to be told, and telling it. */
@NullMarked
package io.keyledger.command.webhook;

import org.jspecify.annotations.NullMarked;
