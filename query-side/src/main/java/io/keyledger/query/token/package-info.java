/** The list of API tokens: a projection of their events, and the answers read from it. */
@NullMarked
package io.keyledger.query.token;

import org.jspecify.annotations.NullMarked;
