/** Tokens: their rules and command endpoints. */
@NullMarked
package io.keyledger.command.token;

import org.jspecify.annotations.NullMarked;
