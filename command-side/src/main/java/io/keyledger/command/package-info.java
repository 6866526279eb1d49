/** Sending commands: one transaction, one receipt. */
@NullMarked
package io.keyledger.command;

import org.jspecify.annotations.NullMarked;
