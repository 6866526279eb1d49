/** The composition root: one program out of both sides. */
@NullMarked
package io.keyledger.server;

import org.jspecify.annotations.NullMarked;
