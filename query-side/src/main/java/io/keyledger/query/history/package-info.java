/** How things were, and what changed since: read from the events themselves, with the folds that fill the tables. */
@NullMarked
package io.keyledger.query.history;

import org.jspecify.annotations.NullMarked;
