/** The command line: the same program, as a tool for operators. */
@NullMarked
package io.keyledger.server.cli;

import org.jspecify.annotations.NullMarked;
