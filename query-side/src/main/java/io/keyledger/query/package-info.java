/** What can be read, and how current it is. */
@NullMarked
package io.keyledger.query;

import org.jspecify.annotations.NullMarked;
