/** Accounts: their rules, passwords and command endpoints. */
@NullMarked
package io.keyledger.command.account;

import org.jspecify.annotations.NullMarked;
