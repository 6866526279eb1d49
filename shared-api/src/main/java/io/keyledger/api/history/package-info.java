/** Questions about how things were, and what changed since: answered from the events. */
@NullMarked
package io.keyledger.api.history;

import org.jspecify.annotations.NullMarked;
