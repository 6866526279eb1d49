/** The security chain: who is asking, by token, password or session. */
@NullMarked
package io.keyledger.server.authentication;

import org.jspecify.annotations.NullMarked;
