/** HTTP around the endpoints: correlation, limits, problem documents. */
@NullMarked
package io.keyledger.server.web;

import org.jspecify.annotations.NullMarked;
