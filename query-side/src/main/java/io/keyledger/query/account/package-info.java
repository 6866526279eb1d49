/** Accounts as their persons and administrators see them. */
@NullMarked
package io.keyledger.query.account;

import org.jspecify.annotations.NullMarked;
