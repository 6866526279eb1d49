/** What an operator can set, and how mistakes are told. */
@NullMarked
package io.keyledger.server.settings;

import org.jspecify.annotations.NullMarked;
