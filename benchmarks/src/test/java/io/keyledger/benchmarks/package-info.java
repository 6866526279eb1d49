/** Measurements, apart from the tests: each prints what it measured, on what machine and by what command. */
@NullMarked
package io.keyledger.benchmarks;

import org.jspecify.annotations.NullMarked;
