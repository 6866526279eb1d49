/** Authenticating requests: whose token, whose session, and what it may do. */
@NullMarked
package io.keyledger.query.authentication;

import org.jspecify.annotations.NullMarked;
