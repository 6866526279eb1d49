/** Who is asking, and what they may do. */
@NullMarked
package io.keyledger.api.authentication;

import org.jspecify.annotations.NullMarked;
