/** Messages about API tokens. */
@NullMarked
package io.keyledger.api.token;

import org.jspecify.annotations.NullMarked;
