/** Messages about accounts: who may sign in, their passwords and personal data. */
@NullMarked
package io.keyledger.api.account;

import org.jspecify.annotations.NullMarked;
